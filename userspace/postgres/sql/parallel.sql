-- SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
-- Aggregates in parts: by workers of parallel plans, and by partitions.
SET lambda.side = process;
SET lambda.always = on;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
-- Requests of 64 kB, so that there are some for each.
SET work_mem = '64kB';

CREATE TABLE divided (
    g char(2), h text, i2 smallint, i4 integer, i8 bigint, n numeric(15,2),
    n4 numeric(9,4), d date, ts timestamp, tz timestamptz, ok boolean);
INSERT INTO divided
SELECT chr(97 + i % 3), CASE WHEN i % 7 > 0 THEN 'h' || i % 4 END, i % 100 - 30,
       i * 1000, CASE WHEN i % 2 = 0 THEN 9223372036854775807 - i ELSE i END, i / 3.0,
       i / 9.0 - 70, date '2001-02-03' + i % 90, timestamp '2001-01-01' + i * interval '1 s',
       timestamptz '2001-01-01 00:00+00' - i * interval '1 s', i % 2 = 0
FROM generate_series(1, 4000) i;
INSERT INTO divided (g) VALUES ('z'), (NULL);
INSERT INTO divided (g, i8) SELECT 'y', -9223372036854775807 - 1 FROM generate_series(1, 77);
VACUUM ANALYZE divided;
CHECKPOINT;

EXPLAIN (COSTS OFF, VERBOSE)
    SELECT g, count(*), sum(n) FROM divided WHERE i4 > 5000 GROUP BY g HAVING max(d) IS NOT NULL;
EXPLAIN (COSTS OFF) SELECT avg(i8) FROM divided;
EXPLAIN (COSTS OFF) SELECT h FROM divided WHERE ok GROUP BY h ORDER BY h;

-- With the leader's help; without, and in order; all of it by one worker.
CREATE FUNCTION differ_parts(question text, part text DEFAULT 'Lambda Partial Aggregate',
                             modes text[] DEFAULT '{helped,ordered,alone}')
RETURNS TABLE (mode text, side text, answer text)
LANGUAGE plpgsql AS $$
DECLARE
    plan text := '';
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || question LOOP
        plan := plan || line;
    END LOOP;
    IF plan NOT LIKE '%' || part || '%' THEN
        RETURN QUERY SELECT 'plan', 'has no', part;
    END IF;
    SET LOCAL lambda.side = off;
    SET LOCAL max_parallel_workers_per_gather = 0;
    EXECUTE 'CREATE TEMP TABLE wanted AS SELECT q::text AS a FROM (' || question || ') q';
    SET LOCAL max_parallel_workers_per_gather = 2;
    SET LOCAL lambda.side = process;
    FOREACH mode IN ARRAY modes LOOP
        PERFORM set_config('parallel_leader_participation', (mode <> 'ordered')::text, true),
            set_config('enable_hashagg', (mode <> 'ordered')::text, true),
            set_config('force_parallel_mode', (mode = 'alone')::text, true),
            set_config('parallel_setup_cost', CASE WHEN mode = 'alone' THEN '1000' ELSE '0' END, true);
        EXECUTE 'CREATE TEMP TABLE answers AS SELECT q::text AS a FROM (' || question || ') q';
        RETURN QUERY SELECT mode, 'too many', a FROM
            (SELECT a FROM answers EXCEPT ALL SELECT a FROM wanted) x;
        RETURN QUERY SELECT mode, 'missing', a FROM
            (SELECT a FROM wanted EXCEPT ALL SELECT a FROM answers) x;
        DROP TABLE answers;
    END LOOP;
    DROP TABLE wanted;
    PERFORM set_config('parallel_leader_participation', 'on', true),
        set_config('enable_hashagg', 'on', true), set_config('force_parallel_mode', 'off', true),
        set_config('parallel_setup_cost', '0', true);
END $$;

CREATE TABLE questions (question text);
INSERT INTO questions VALUES
    ('SELECT count(*) FROM divided'), ('SELECT count(h), count(*), count(n) FROM divided'),
    ('SELECT sum(i2), sum(i4), sum(i8), sum(n), sum(n4) FROM divided'),
    ('SELECT avg(i2), avg(i4), avg(i8), avg(n), avg(n4) FROM divided'),
    ('SELECT sum(i8), avg(i8), sum(n), avg(n) FROM divided'),
    ('SELECT avg(n), sum(n), avg(i8), sum(i8), g FROM divided GROUP BY g'),
    ('SELECT min(i2), min(i4), min(i8), min(n), min(n4), min(d), min(ts), min(tz) FROM divided'),
    ('SELECT max(i2), max(i4), max(i8), max(n), max(n4), max(d), max(ts), max(tz) FROM divided'),
    ('SELECT g, sum(n * (1 - n4)), sum(n * (1 + n4) * (1 - n4)) FROM divided GROUP BY g'),
    ('SELECT sum(n * 1.500 - i4), avg(i4 * i2 + 3), sum(-1 * n) FROM divided WHERE i2 > 0'),
    ('SELECT g, h, count(*), sum(n), avg(n) / 2 AS a FROM divided GROUP BY g, h'),
    ('SELECT h, ok, d, count(*) FROM divided GROUP BY h, ok, d HAVING count(*) > 2'),
    ('SELECT h, sum(i4) FROM divided GROUP BY h HAVING sum(n) > 100 AND min(d) < ''2001-02-10'''),
    ('SELECT count(*), count(n), sum(n), sum(i4), sum(i8), avg(i4), avg(n), max(d) FROM divided WHERE i4 < 0'),
    ('SELECT g, count(*), avg(i2) FROM divided WHERE i4 < 0 GROUP BY g'),
    ('SELECT g FROM divided GROUP BY g'), ('SELECT i2, count(*), sum(i4) FROM divided GROUP BY i2'),
    ('SELECT sum(n) + 1 AS x FROM divided HAVING sum(n) > (SELECT 5)'),
    ('SELECT sum(i8) FROM divided WHERE i4 > (SELECT min(i4) + 5000 FROM divided)'),
    ('SELECT i8, sum(i8), avg(i8) FROM divided WHERE g = ''y'' GROUP BY i8'),
    ('SELECT tz, count(*) FROM divided WHERE i4 < 30000 GROUP BY tz ORDER BY tz DESC LIMIT 3'),
    ('SELECT count(*) OVER (), g, sum(sum(n)) OVER (ORDER BY g) FROM divided GROUP BY g'),
    ('SELECT x, y.g, y.s FROM generate_series(1, 3) x, (SELECT g, sum(n) AS s FROM divided GROUP BY g) y'),
    ('SELECT * FROM (SELECT sum(n) FROM divided UNION ALL SELECT avg(n) FROM divided) x'),
    ('SELECT p.i4, x.s FROM divided p, (SELECT g, max(i4) AS m, sum(n) AS s FROM divided GROUP BY g) x WHERE p.i4 = x.m');
SELECT q.question, x.* FROM questions q, LATERAL differ_parts(question) x;
-- These are none that a λ has, or none that is put together.
SELECT q.question, x.* FROM (VALUES
    ('SELECT g, sum(i4) FILTER (WHERE ok) FROM divided WHERE i2 > 3 GROUP BY g'),
    ('SELECT g, sum(DISTINCT i2) FROM divided WHERE i2 > 3 GROUP BY g'),
    ('SELECT g, string_agg(h, '''' ORDER BY i4) FROM divided WHERE i2 > 3 GROUP BY g')
) q(question), LATERAL differ_parts(question, 'Lambda Scan') x;

-- Pages that are the server's: each has its own, and all are there.
UPDATE divided SET n = n + 1, i2 = 17 WHERE i4 % 7000 = 0;
DELETE FROM divided WHERE i4 BETWEEN 300000 AND 420000;
SELECT q.question, x.* FROM questions q,
    LATERAL differ_parts(question, modes => '{ordered}') x;
BEGIN;
UPDATE divided SET h = 'mine' WHERE i4 < 60000;
SELECT x.* FROM differ_parts('SELECT h, count(*), sum(n), avg(i8) FROM divided GROUP BY h') x;
ROLLBACK;
VACUUM divided;
CHECKPOINT;

-- Numbers without a short form, and no rows at all.
CREATE TABLE divided_big (n numeric(40,2), i integer);
SELECT x.* FROM differ_parts('SELECT sum(n), avg(n), min(n), count(n), count(*), avg(i) FROM divided_big') x;
INSERT INTO divided_big SELECT i, i FROM generate_series(1, 6000) i;
INSERT INTO divided_big VALUES (NULL, 5), (12345678901234567890123456789012345678.91, -1);
INSERT INTO divided_big SELECT i + 0.01, i FROM generate_series(6001, 9000) i;
INSERT INTO divided_big VALUES ('NaN', -2);
INSERT INTO divided_big SELECT -i, i FROM generate_series(9001, 12000) i;
VACUUM ANALYZE divided_big;
CHECKPOINT;
CREATE TABLE divided_loose (n numeric(5,-2), m numeric, i integer);
INSERT INTO divided_loose SELECT i * 100, i / 7.0, i FROM generate_series(1, 5000) i;
INSERT INTO divided_loose VALUES (NULL, 'Infinity', -1), (NULL, '-Infinity', -2);
VACUUM ANALYZE divided_loose;
CHECKPOINT;
SELECT q.question, x.* FROM (VALUES
    ('SELECT sum(n), avg(n), min(n), max(n), count(n) FROM divided_big'),
    ('SELECT sum(n), avg(n), min(n), max(n), count(n) FROM divided_big WHERE i > -2'),
    ('SELECT sum(n), avg(n), min(n), max(n), count(n) FROM divided_big WHERE i > 0'),
    ('SELECT i, sum(n), avg(n) FROM divided_big WHERE i < 40 GROUP BY i'),
    ('SELECT sum(n * n), avg(n * 2) FROM divided_big WHERE i > 0'),
    ('SELECT sum(n), avg(n), min(n), max(n) FROM divided_loose')
) q(question), LATERAL differ_parts(question) x;
SELECT sum(m), avg(m) FROM divided_loose;

-- Overflow is PostgreSQL's to tell, wherever it happens.
SELECT sum(i4 * i4) FROM divided;

-- The node is begun anew, with what there was before in other workers.
SET enable_material = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
EXPLAIN (COSTS OFF)
    SELECT x, y.s FROM generate_series(1, 3) x LEFT JOIN (SELECT sum(n) AS s FROM divided) y ON y.s > x;
SELECT x.* FROM differ_parts('SELECT x, y.s FROM generate_series(1, 3) x LEFT JOIN (SELECT sum(n) AS s FROM divided) y ON y.s > x') x;
RESET enable_material;
RESET enable_hashjoin;
RESET enable_mergejoin;
SELECT x, (SELECT sum(n) FROM divided WHERE i2 < x) FROM generate_series(-20, 0, 10) x;

-- Plans that are kept, and that are fetched from without workers.
PREPARE p (integer) AS SELECT g, sum(i8), avg(n4) FROM divided WHERE i4 > $1 GROUP BY g ORDER BY g;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE p (3990000);
EXECUTE p (3990000);
EXECUTE p (NULL);
EXECUTE p (0);
SET lambda.side = off;
EXECUTE p (0);
SET lambda.side = process;
RESET plan_cache_mode;
BEGIN;
DECLARE c NO SCROLL CURSOR FOR SELECT g, count(*) FROM divided GROUP BY g ORDER BY g;
FETCH 2 FROM c;
FETCH 2 FROM c;
COMMIT;
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT g, sum(n) AS s FROM divided GROUP BY g ORDER BY g LIMIT 2 LOOP
        RAISE NOTICE '%: %', r.g, r.s;
    END LOOP;
END $$;

-- What EXPLAIN says of workers, and the view: pages are one's or another's.
CREATE FUNCTION explained(question text) RETURNS TABLE (
    name text, aware boolean, pages bigint, seen bigint, workers bigint, of_workers bigint)
LANGUAGE plpgsql AS $$
DECLARE
    plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF, FORMAT JSON) ' ||
        question INTO plan;
    plan := jsonb_path_query_first(plan, 'strict $.**?(@."Node Type" == "Custom Scan")');
    RETURN QUERY SELECT plan->>'Custom Plan Provider', (plan->>'Parallel Aware')::boolean,
        (plan->>'Pages by λ')::bigint, (plan->>'Rows Seen by λ')::bigint,
        jsonb_array_length(plan->'λ of Workers')::bigint,
        (SELECT sum((w->>'Pages by λ')::bigint)::bigint
         FROM jsonb_array_elements(plan->'λ of Workers') w);
END $$;
CREATE FUNCTION pages(of regclass) RETURNS bigint LANGUAGE sql AS
    $$ SELECT pg_relation_size(of) / 8192 $$;
SELECT lambda_stat_scans_reset();
SET parallel_leader_participation = off;
SELECT name, aware, pages = pages('divided'), seen = (SELECT count(*) FROM divided), workers BETWEEN 1 AND 2,
    of_workers = pages FROM explained('SELECT sum(n) FROM divided');
SELECT name, aware, pages = pages('divided'), seen = (SELECT count(*) FROM divided), workers BETWEEN 1 AND 2,
    of_workers = pages FROM explained('SELECT sum(length(g)) FROM divided WHERE i4 > 0');
-- A scan that is ended before it is over.
SELECT name, aware, pages BETWEEN 8 AND pages('divided'), workers BETWEEN 1 AND 2, of_workers = pages
FROM explained('WITH x AS MATERIALIZED (SELECT g FROM divided WHERE i4 > 0 AND md5(g) <> h) '
               'SELECT * FROM x LIMIT 1');
RESET parallel_leader_participation;
SELECT name, aware, pages = pages('divided'), workers <= 2, of_workers <= pages
    FROM explained('SELECT sum(n) FROM divided');
-- Begun anew, in other workers.
SET enable_material = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT name, aware, pages = 3 * pages('divided'), of_workers <= pages FROM explained(
    'SELECT x, y.s FROM generate_series(1, 3) x LEFT JOIN '
    '(SELECT sum(n) AS s FROM divided) y ON y.s > x');
RESET enable_material;
RESET enable_hashjoin;
RESET enable_mergejoin;
SELECT relation, pages BETWEEN 8 * pages(relation) AND 9 * pages(relation) FROM lambda_stat_scans
    WHERE relation = 'divided'::regclass;
-- A worker that does it alone has nobody to tell.
SET force_parallel_mode = on;
SET parallel_setup_cost = 1000;
SELECT * FROM explained('SELECT sum(n) FROM divided');
RESET force_parallel_mode;
SET parallel_setup_cost = 0;

-- Partitions, of which each is a part, or has all of its groups.
CREATE TABLE parted (k integer, n numeric(9,2), t text, b bigint) PARTITION BY RANGE (k);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);
CREATE TABLE parted_2 (gone text, b bigint, t text, n numeric(9,2), k integer);
ALTER TABLE parted_2 DROP COLUMN gone;
ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES FROM (100) TO (200);
CREATE TABLE parted_3 PARTITION OF parted FOR VALUES FROM (200) TO (300) PARTITION BY LIST (t);
CREATE TABLE parted_3a PARTITION OF parted_3 FOR VALUES IN ('t0', 't1');
CREATE TABLE parted_3b PARTITION OF parted_3 DEFAULT;
CREATE TABLE parted_4 PARTITION OF parted FOR VALUES FROM (300) TO (400);
INSERT INTO parted SELECT i % 300, i / 3.0, 't' || i % 5, i * 1000000000000000
FROM generate_series(1, 9000) i;
VACUUM ANALYZE parted;
CHECKPOINT;
CREATE TABLE parted_questions (question text);
INSERT INTO parted_questions VALUES
    ('SELECT count(*), sum(n), avg(n), sum(b), avg(b), avg(k), min(k), max(n) FROM parted'),
    ('SELECT t, count(*), sum(n), avg(b) FROM parted GROUP BY t'),
    ('SELECT k, count(*), sum(n), avg(b) FROM parted GROUP BY k HAVING sum(n) > 45000'),
    ('SELECT t, k, sum(b) FROM parted WHERE k > 250 GROUP BY t, k'),
    ('SELECT t, avg(n) FROM parted WHERE k BETWEEN 90 AND 210 GROUP BY t HAVING count(*) > 5'),
    ('SELECT count(*), sum(n) FROM parted WHERE k > 1000'),
    ('SELECT max(t), sum(n) FROM parted');
SET enable_partitionwise_aggregate = on;
EXPLAIN (COSTS OFF) SELECT t, sum(n), avg(b) FROM parted WHERE k > 120 GROUP BY t;
EXPLAIN (COSTS OFF) SELECT k, sum(n) FROM parted WHERE k < 200 GROUP BY k HAVING sum(n) > 5;
SELECT q.question, x.* FROM parted_questions q, LATERAL differ_parts(question, '') x;
UPDATE parted SET n = 0 WHERE k % 50 = 7;
INSERT INTO parted_4 VALUES (300, 1, 'new', 7);
SELECT q.question, x.* FROM parted_questions q, LATERAL differ_parts(question, '', '{ordered}') x;
SET max_parallel_workers_per_gather = 0;
EXPLAIN (COSTS OFF) SELECT t, sum(n), avg(b) FROM parted WHERE k > 120 GROUP BY t;
SELECT q.question, x.* FROM parted_questions q, LATERAL differ(question) x;
SET max_parallel_workers_per_gather = 2;
RESET enable_partitionwise_aggregate;
SELECT q.question, x.* FROM parted_questions q, LATERAL differ_parts(question, '', '{ordered}') x;

-- A query that is over while workers wait ends, and nothing is left.
SET lambda.request_delay = 300;
SET statement_timeout = 200;
SELECT sum(n) FROM divided;
SELECT g, avg(i8) FROM divided GROUP BY g;
RESET statement_timeout;
RESET lambda.request_delay;
SELECT count(*) FROM divided;

DROP TABLE divided, divided_big, divided_loose, parted, questions, parted_questions;
DROP FUNCTION differ_parts, explained, pages;
