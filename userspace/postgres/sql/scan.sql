-- SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
-- What is pushed down, and that rows are those of PostgreSQL's own scan.
CREATE EXTENSION pg_lambda;
SET lambda.side = process;
SET lambda.always = on;
SET enable_indexscan = off;
SET max_parallel_workers_per_gather = 0;

CREATE TABLE kinds (
    id integer, s smallint, b bigint, n numeric(12,2), m numeric, f4 real,
    f8 double precision, d date, ts timestamp, tz timestamptz, ok boolean,
    c char(6), v varchar(20), t text);
INSERT INTO kinds
SELECT i, i % 300 - 150, i * 3000000000, i / 7.0 - 50, (i - 400) * 1.001,
       i / 3.0, -i / 3.0, date '2000-01-01' + i % 500,
       timestamp '2000-01-01' + i * interval '1 hour',
       timestamptz '2000-01-01 00:00+00' + i * interval '1 minute', i % 3 = 0,
       chr(97 + i % 5) || i % 11, 'v' || i % 50, 'some text ' || i
FROM generate_series(1, 1000) i;
INSERT INTO kinds (id) SELECT i FROM generate_series(1001, 1050) i;
INSERT INTO kinds (id, f8, f4, m) VALUES
    (2000, 'NaN', 'NaN', 'NaN'), (2001, 'Infinity', '-Infinity', 'Infinity'),
    (2002, '-0', '0', 0), (2003, 1e300, 1e-40, 1e100), (2004, 0, '-0', -1e-20);
INSERT INTO kinds (id, c, v, t) SELECT i, 'é' || i, 'ßé' || i, 'naïve é' || i FROM generate_series(3000, 3020) i;
VACUUM kinds;
CHECKPOINT;

EXPLAIN (COSTS OFF) SELECT * FROM kinds WHERE id < 10 AND v = 'v1';
EXPLAIN (COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF)
    SELECT id FROM kinds WHERE id BETWEEN 10 AND 20 AND v < 'v2' AND md5(t) LIKE 'a%';

-- The same question with the extension and without: the rows that differ.
CREATE FUNCTION differ(question text) RETURNS TABLE (side text, answer text)
LANGUAGE plpgsql AS $$
DECLARE
    plan text;
    line text;
BEGIN
    plan := '';
    FOR line IN EXECUTE 'EXPLAIN ' || question LOOP
        plan := plan || line;
    END LOOP;
    IF plan NOT LIKE '%Lambda%' THEN
        RETURN QUERY SELECT 'plan', 'not pushed down';
    END IF;
    EXECUTE 'CREATE TEMP TABLE answers AS SELECT q::text AS a FROM (' || question || ') q';
    SET LOCAL lambda.side = off;
    EXECUTE 'CREATE TEMP TABLE wanted AS SELECT q::text AS a FROM (' || question || ') q';
    SET LOCAL lambda.side = process;
    RETURN QUERY SELECT 'too many', a FROM (SELECT a FROM answers EXCEPT ALL SELECT a FROM wanted) x;
    RETURN QUERY SELECT 'missing', a FROM (SELECT a FROM wanted EXCEPT ALL SELECT a FROM answers) x;
    DROP TABLE answers, wanted;
END $$;

SELECT * FROM (VALUES
    ('id = 5'), ('id <> 5'), ('5 > id'), ('id >= 990 OR id IS NULL'),
    ('s < -100'), ('s = 5::bigint'), ('b > 2999999999999'), ('b = 3000000000'),
    ('n > 10.5'), ('n = -50.00'), ('n < 0.005'), ('n <= -49.86'), ('m < 0'), ('m = 0'),
    ('m > 100.001'), ('n > m'), ('f4 > 100'), ('f8 < -10.5'), ('f8 = ''NaN'''), ('f8 > 1e10'),
    ('f8 = 0'), ('f4 = 0'), ('f4 < 0'), ('f4 >= ''NaN'''), ('f4 = f8'), ('NOT f8 < 1'),
    ('d < ''2000-02-01'''), ('d >= date ''2000-06-01'' + interval ''1 month'''),
    ('d = timestamp ''2000-03-01 00:00'''), ('d <> timestamp ''2000-03-01 10:00'''),
    ('d < timestamp ''infinity'''), ('d <= timestamp ''-infinity'''),
    ('ts > ''2000-01-20 12:00'''), ('tz <= ''2000-01-01 05:00+00'''),
    ('ok'), ('NOT ok'), ('ok IS NOT TRUE AND id < 30'), ('ok = true'), ('ok <> true'),
    ('c = ''a0'''), ('c <> ''a0'''), ('c LIKE ''a%'''), ('c LIKE ''a_   '''),
    ('v = ''v7'''), ('v LIKE ''v_'''), ('v NOT LIKE ''%1%'''), ('t LIKE ''%text 1%9'''),
    ('t LIKE ''some%t 5_'''), ('t LIKE ''%'''), ('t LIKE '''''), ('t LIKE ''%_%_%9'''),
    ('v LIKE ''__3___'''), ('c LIKE ''_3_1_ '''), ('t LIKE ''na_ve _3%'''), ('t LIKE ''%\_%'''), ('v LIKE ''_é%1_'''),
    ('v IS NULL'), ('v IS NOT NULL AND n IS NULL'), ('NOT (v IS NULL OR id > 50)'),
    ('id IN (1, 2, 3, NULL)'), ('id NOT IN (1, 2, 3)'), ('id NOT IN (1, NULL)'),
    ('v IN (''v1'', ''v2'')'), ('c IN (''a0'', ''b1'')'), ('n IN (1.86, 2.0, -7.001)'),
    ('d IN (''2000-01-05'', ''2000-01-07'')'), ('f8 IN (-1, ''NaN'')'),
    ('id = ANY (''{}''::int[])'), ('id <> ALL (''{}''::int[])'),
    ('(id < 10 OR s = 7) AND NOT (v = ''v3'' AND ok)'),
    ('NOT (id < 10 OR (s > 7 AND NOT n < 3))'), ('id < 20 AND (ok IS NULL OR NOT ok)'),
    ('id + s > 1000'), ('id * 2 - b < -6000000000'), ('n * 2 + 1 > 180.01')
) q(condition), LATERAL differ('SELECT * FROM kinds WHERE ' || condition) x;

-- A constant may have more digits than a column has, or be beyond all numbers of one.
EXPLAIN (COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF)
    SELECT id FROM kinds WHERE n > 90.00999999999999999999999999 AND n < 1e40;
EXPLAIN (COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF)
    SELECT id FROM kinds WHERE n > (SELECT 92 + 1 / 7::numeric(30,25));
SELECT * FROM (VALUES
    ('n > 90.00999999999999999999999999'), ('n >= 90.01000000000000000000000001'),
    ('n < -49.85999999999999999999999999'), ('n <= -49.86000000000000000000000001'),
    ('n = 10.00000000000000000000000001'), ('n <> 10.00000000000000000000000001'),
    ('n = 10.00000000000000000000000000'), ('NOT n < 10.29000000000000000000000001'),
    ('NOT n > -10.2900000000000000000000001'), ('n < 0.00000000000000000000000001'),
    ('n > -0.0000000000000000000000001'), ('n < 1e30'), ('n > 1e30'), ('n <> 1e30'),
    ('n = -1e30'), ('n > -1e30'), ('NOT n < -1e30'), ('n < ''NaN'''), ('n >= ''NaN'''),
    ('n <> ''NaN'''), ('n < ''Infinity'''), ('n <= ''-Infinity'''), ('n > ''-Infinity'''),
    ('m > 100.0009999999999999999999999'), ('m < 9223372036854775807'),
    ('id * n > 0.3333333333333333333333333'), ('b * 1.0 < 9223372036854775807.5')
) q(condition), LATERAL differ('SELECT * FROM kinds WHERE ' || condition) x;

-- Errors are PostgreSQL's.
SELECT id FROM kinds WHERE id * 10000000 > 5;
SELECT id FROM kinds WHERE t LIKE 'abc\';

-- Parameters are those of each execution.
PREPARE p (integer, text, integer[]) AS
    SELECT count(*), sum(id) FROM kinds WHERE id < $1 AND v LIKE $2 AND id <> ALL ($3);
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE p (100, 'v1%', '{11}');
EXECUTE p (100, 'v1%', '{11}');
EXECUTE p (200, '%7', NULL);
EXECUTE p (200, '%7', '{}');
EXECUTE p (NULL, '%7', '{}');
SET lambda.side = off;
EXECUTE p (100, 'v1%', '{11}');
EXECUTE p (200, '%7', '{}');
SET lambda.side = process;
RESET plan_cache_mode;

-- Rescans, and what comes from around.
SELECT x, (SELECT count(*) FROM kinds WHERE id < x AND c LIKE '%1') FROM generate_series(0, 90, 30) x;
SELECT a.id, q.id FROM kinds a,
    LATERAL (SELECT id FROM kinds WHERE s = a.s AND id > a.id OFFSET 0) q
    WHERE a.id IN (3, 5) ORDER BY 1, 2;

-- What is not pushed down.
BEGIN;
EXPLAIN (COSTS OFF) SELECT * FROM kinds WHERE id = 1 FOR UPDATE;
EXPLAIN (COSTS OFF) UPDATE kinds SET s = 1 WHERE id = 1;
EXPLAIN (COSTS OFF) SELECT xmin FROM kinds WHERE id = 1;
EXPLAIN (COSTS OFF) SELECT * FROM kinds TABLESAMPLE SYSTEM (10) WHERE id = 1;
EXPLAIN (COSTS OFF) SELECT * FROM pg_class WHERE oid = 1;
CREATE TEMP TABLE passing AS SELECT 1 AS id;
EXPLAIN (COSTS OFF) SELECT * FROM passing WHERE id = 1;
CREATE UNLOGGED TABLE unlogged AS SELECT 1 AS id;
EXPLAIN (COSTS OFF) SELECT * FROM unlogged WHERE id = 1;
ROLLBACK;
SELECT ctid, tableoid::regclass, id FROM kinds WHERE id = 77;

-- Behind a security barrier comes what might tell.
CREATE FUNCTION tells(integer) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
    AS $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$;
CREATE VIEW guarded WITH (security_barrier) AS SELECT * FROM kinds WHERE id <= 2;
SELECT id FROM guarded WHERE tells(id) AND v LIKE '%' ORDER BY 1;
EXPLAIN (COSTS OFF) SELECT id FROM guarded WHERE tells(id) AND v LIKE '%';

-- Partitions, each for itself.
CREATE TABLE parts (k integer, x integer) PARTITION BY RANGE (k);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts2 (junk text, x integer, k integer);
ALTER TABLE parts2 DROP COLUMN junk;
ALTER TABLE parts ATTACH PARTITION parts2 FOR VALUES FROM (100) TO (200);
INSERT INTO parts SELECT i, i % 10 FROM generate_series(0, 199) i;
VACUUM parts;
CHECKPOINT;
EXPLAIN (COSTS OFF) SELECT * FROM parts WHERE x = 3;
SELECT count(*), sum(k) FROM parts WHERE x = 3;

-- Workers share the blocks.
CREATE TABLE shared AS SELECT i, repeat('t', i % 50) AS t FROM generate_series(1, 20000) i;
VACUUM ANALYZE shared;
CHECKPOINT;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT count(*), sum(length(t)) FROM shared WHERE i % 3 = 0 AND t LIKE '%t';
SELECT count(*), sum(length(t)) FROM shared WHERE i % 3 = 0 AND t LIKE '%t';
SET lambda.side = off;
SELECT count(*), sum(length(t)) FROM shared WHERE i % 3 = 0 AND t LIKE '%t';
SET lambda.side = process;
SET max_parallel_workers_per_gather = 0;

-- Rows are in the order of the table, whoever reads them.
UPDATE shared SET t = 'u' WHERE i BETWEEN 8000 AND 8010;
SELECT i FROM shared WHERE i > 7990 LIMIT 5;
SELECT count(*) FROM (SELECT i, lag(i) OVER () AS before FROM shared WHERE t <> 'u') x WHERE before > i;
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT i FROM shared WHERE i < 8000 AND i > 7995;
FETCH 3 FROM c;
FETCH BACKWARD 2 FROM c;
ROLLBACK;
-- A cursor that goes back without the extension does so with it; an aggregate does not.
BEGIN;
EXPLAIN (COSTS OFF) DECLARE c CURSOR FOR SELECT i FROM shared WHERE i < 8000 AND i > 7995;
DECLARE c CURSOR FOR SELECT i FROM shared WHERE i < 8000 AND i > 7995;
FETCH 3 FROM c;
FETCH BACKWARD 2 FROM c;
MOVE BACKWARD ALL FROM c;
FETCH 2 FROM c;
DECLARE d NO SCROLL CURSOR FOR SELECT i FROM shared WHERE i < 8000 AND i > 7995;
FETCH 2 FROM d;
DECLARE e CURSOR FOR SELECT count(*) FROM shared WHERE i < 8000;
FETCH e;
FETCH BACKWARD FROM e;
ROLLBACK;

-- PostgreSQL's figures have the scan, whoever did its parts, and all of its rows.
SELECT pg_stat_force_next_flush();
SELECT seq_scan, seq_tup_read FROM pg_stat_user_tables WHERE relname = 'shared' \gset before_
SELECT count(i) FROM shared WHERE i > 7990;
SELECT count(*) FROM (SELECT i FROM shared WHERE i > 7990 OFFSET 0) x;
SELECT pg_stat_force_next_flush();
SELECT seq_scan - :before_seq_scan AS scans, seq_tup_read - :before_seq_tup_read AS rows
    FROM pg_stat_user_tables WHERE relname = 'shared';

-- Who will have no scan of all of a table has none by a λ.
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT i FROM shared WHERE i > 7990;
EXPLAIN (COSTS OFF) SELECT count(i) FROM shared WHERE i > 7990;
RESET enable_seqscan;
-- A small table is PostgreSQL's, and so are the first rows of a large one.
SET lambda.always = off;
EXPLAIN (COSTS OFF) SELECT id FROM kinds WHERE id < 10;
CREATE TABLE large AS SELECT i, i % 7 AS k, i % 1000 AS m, repeat('t', 60) AS t
    FROM generate_series(1, 300000) i;
VACUUM ANALYZE large;
EXPLAIN (COSTS OFF) SELECT i FROM large WHERE k <> 3 LIMIT 3;
EXPLAIN (COSTS OFF) SELECT * FROM large WHERE k >= 0;
EXPLAIN (COSTS OFF) SELECT i FROM large WHERE m = 3 AND k < 5;
EXPLAIN (COSTS OFF) SELECT k, sum(m) FROM large GROUP BY k;
EXPLAIN (COSTS OFF) SELECT m, sum(k) FROM large GROUP BY m;
DROP TABLE large;
SET lambda.always = on;

SELECT relation, scans > 0 AS scans, requests_process > 0 AS requests, pages > 0 AS pages
    FROM lambda_stat_scans WHERE relation = 'kinds'::regclass;
SELECT lambda_stat_scans_reset();
SELECT count(*) FROM lambda_stat_scans;
