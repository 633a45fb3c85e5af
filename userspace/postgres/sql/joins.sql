-- SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
-- Hash joins whose keys a λ looks for in the outer side.
SET lambda.side = process;
SET lambda.always = on;
SET max_parallel_workers_per_gather = 0;
SET enable_mergejoin = off;
SET enable_nestloop = off;

CREATE TABLE facts AS
SELECT i AS id, i % 997 AS k, (i % 91 - 40)::smallint AS s, i * 10000000019 AS b,
       CASE WHEN i % 5 > 0 THEN i % 301 END AS n, i % 13 AS v, 'row ' || i AS t
FROM generate_series(1, 20000) i;
CREATE TABLE keys AS
SELECT i AS k, (i % 60 - 50)::smallint AS s, i * 30000000057 AS b,
       CASE WHEN i % 3 > 0 THEN i * 2 END AS n, i % 7 AS w
FROM generate_series(-5, 60) i;
INSERT INTO keys SELECT k, s, b, n, w + 10 FROM keys WHERE k % 2 = 0;
VACUUM ANALYZE facts;
VACUUM ANALYZE keys;
CHECKPOINT;

EXPLAIN (COSTS OFF) SELECT t FROM facts JOIN keys USING (k) WHERE w = 3;
EXPLAIN (COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF)
    SELECT t FROM facts f WHERE v < 9 AND EXISTS (SELECT FROM keys k WHERE k.k = f.k AND w = 3);
-- Rows without a partner are rows of an outer join, and of an anti join.
EXPLAIN (COSTS OFF) SELECT t FROM facts f LEFT JOIN keys k ON k.k = f.k AND w = 3 WHERE v < 9;
EXPLAIN (COSTS OFF) SELECT t FROM facts f WHERE v < 9 AND NOT EXISTS (SELECT FROM keys k WHERE k.k = f.k AND w = 3);

CREATE TABLE questions (q text);
INSERT INTO questions VALUES
    ('SELECT t, w FROM facts JOIN keys USING (k)'),
    ('SELECT t, w FROM facts f JOIN keys k ON f.s = k.s'),
    ('SELECT t, w FROM facts f JOIN keys k ON f.b = k.b WHERE v > 0'),
    ('SELECT t, w FROM facts f JOIN keys k ON f.n = k.n'),
    ('SELECT t, w FROM facts f JOIN keys k ON f.k = k.k AND f.n = k.n'),
    ('SELECT t, w FROM facts f JOIN keys k ON f.k = k.k AND f.v < k.w'),
    ('SELECT t, w FROM facts f JOIN keys k ON f.k = k.n AND w > 100 WHERE v > 1'),
    ('SELECT count(*), sum(f.id) FROM facts f JOIN keys k ON f.s = k.s WHERE v IN (1, 2, 3)'),
    ('SELECT t FROM facts f WHERE n IN (SELECT n FROM keys WHERE w < 4) AND v < 6'),
    ('SELECT t FROM facts f WHERE EXISTS (SELECT FROM keys k WHERE k.b = f.b)'),
    ('SELECT t FROM facts f WHERE v < 9 AND NOT EXISTS (SELECT FROM keys k WHERE k.k = f.k AND w = 3)'),
    ('SELECT t, w FROM facts f LEFT JOIN keys k ON k.k = f.k AND w = 3 WHERE v < 9'),
    ('SELECT t, w FROM facts f RIGHT JOIN keys k ON k.k = f.k AND v < 9'),
    ('SELECT t, w FROM (SELECT * FROM facts WHERE v < 9) f FULL JOIN keys k ON k.k = f.k'),
    ('SELECT k.k, (SELECT count(*) FROM facts f JOIN keys l ON f.n = l.n WHERE f.v = k.w) FROM keys k'),
    ('SELECT k.k, x.c FROM keys k, LATERAL (SELECT count(*) AS c FROM facts f JOIN keys l ON f.n = l.n AND l.w = k.w WHERE f.v < 5) x'),
    ('WITH a AS MATERIALIZED (SELECT t, w FROM facts JOIN keys USING (k) WHERE v = 3) SELECT a.t, b.w FROM a JOIN a b USING (t)'),
    ('SELECT f.t, g.t FROM facts f JOIN keys k USING (k) JOIN facts g ON g.id = k.n'),
    ('SELECT f.t FROM facts f, (SELECT generate_series(1, 3000) AS i) x WHERE f.id = x.i AND v < 4');
SELECT * FROM questions, differ(q) x;
SET lambda.interpret = on;
SELECT * FROM questions, differ(q) x;
RESET lambda.interpret;
-- Beside rows that no λ looks at, with others added, and many keys of a wide range.
UPDATE facts SET v = v WHERE id BETWEEN 300 AND 340;
ALTER TABLE facts ADD COLUMN late integer;
INSERT INTO keys SELECT i * 40000, 1, i * 10000000019, i, 3 FROM generate_series(1, 9000) i;
ANALYZE keys;
SELECT * FROM questions, differ(q) x WHERE q NOT LIKE '%LATERAL%' AND q NOT LIKE '%(SELECT count%';
SELECT * FROM differ('SELECT t, late FROM facts JOIN keys ON late = keys.k WHERE v > 1') x;

-- A hash table that turns out to be in parts has no keys at hand.
VACUUM keys;
CHECKPOINT;
SET plan_cache_mode = force_generic_plan;
PREPARE parts AS SELECT count(*), sum(f.id), sum(k.w) FROM facts f JOIN keys k ON f.b = k.b WHERE v < 12;
EXPLAIN (COSTS OFF) EXECUTE parts;
EXECUTE parts;
SET work_mem = '64kB';
EXECUTE parts;
RESET work_mem;
SET lambda.side = off;
SELECT count(*), sum(f.id), sum(k.w) FROM facts f JOIN keys k ON f.b = k.b WHERE v < 12;
SET lambda.side = process;
-- Keys are those of each execution.
PREPARE again(integer) AS SELECT count(*), sum(f.id) FROM facts f JOIN keys k ON f.k = k.k WHERE k.w = $1;
EXECUTE again(1);
EXECUTE again(2);
EXECUTE again(999);
SET lambda.joins = off;
EXPLAIN (COSTS OFF) SELECT t FROM facts JOIN keys USING (k) WHERE w = 3;
EXECUTE again(1);
EXECUTE again(2);
RESET lambda.joins;
DROP TABLE facts, keys, questions;
