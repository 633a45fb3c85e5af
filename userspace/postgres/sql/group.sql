-- SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
-- Aggregates: digit for digit those of PostgreSQL.
SET lambda.side = process;
SET lambda.always = on;

CREATE TABLE sums (
    g char(2), h text, i2 smallint, i4 integer, i8 bigint, n numeric(15,2),
    n4 numeric(9,4), loose numeric, d date, ts timestamptz, ok boolean);
INSERT INTO sums
SELECT chr(97 + i % 3), CASE WHEN i % 7 > 0 THEN 'h' || i % 4 END, i % 100 - 30,
       i * 1000, i * 9000000000000000, i / 3.0, i / 9.0 - 70, i / 11.0,
       date '2001-02-03' + i % 90, timestamptz '2001-01-01 00:00+00' + i * interval '1 s',
       i % 2 = 0
FROM generate_series(1, 1000) i;
INSERT INTO sums (g) VALUES ('z'), (NULL);
VACUUM sums;
CHECKPOINT;

EXPLAIN (COSTS OFF) SELECT g, count(*), sum(n) FROM sums WHERE i4 > 5000 GROUP BY g;

SELECT * FROM (VALUES
    ('SELECT count(*) FROM sums'), ('SELECT count(h), count(*), count(n) FROM sums'),
    ('SELECT sum(i2), sum(i4), sum(i8), sum(n), sum(n4) FROM sums'),
    ('SELECT avg(i2), avg(i4), avg(i8), avg(n), avg(n4) FROM sums'),
    ('SELECT min(i2), min(i4), min(i8), min(n), min(n4), min(d), min(ts) FROM sums'),
    ('SELECT max(i2), max(i4), max(i8), max(n), max(n4), max(d), max(ts) FROM sums'),
    ('SELECT g, sum(n * (1 - n4)), sum(n * (1 + n4) * (1 - n4)) FROM sums GROUP BY g'),
    ('SELECT sum(n * 1.500 - i4), avg(i4 * i2 + 3), sum(-1 * n) FROM sums WHERE i2 > 0'),
    ('SELECT g, h, count(*), sum(n), avg(n) / 2 AS a FROM sums GROUP BY g, h'),
    ('SELECT h, ok, d, count(*) FROM sums GROUP BY h, ok, d HAVING count(*) > 2'),
    ('SELECT count(*), sum(n), max(d) FROM sums WHERE i4 < 0'),
    ('SELECT g, count(*) FROM sums WHERE i4 < 0 GROUP BY g'),
    ('SELECT g FROM sums GROUP BY g'),
    ('SELECT i2, count(*), sum(i4) FROM sums GROUP BY i2'),
    ('SELECT sum(n) + 1 AS x FROM sums HAVING sum(n) > (SELECT 5)'),
    ('SELECT g, sum(i4) FILTER (WHERE ok) FROM sums WHERE i2 > 3 GROUP BY g'),
    ('SELECT g, sum(DISTINCT i2) FROM sums WHERE i2 > 3 GROUP BY g'),
    ('SELECT sum(loose) FROM sums WHERE i2 > 3')
) q(question), LATERAL differ(question) x;

-- Numbers without a short form are added as well, by PostgreSQL.
CREATE TABLE big (n numeric(40,2), i integer);
INSERT INTO big SELECT i, i FROM generate_series(1, 2000) i;
INSERT INTO big VALUES ('NaN', 0), (12345678901234567890123456789012345678.91, 1), (NULL, 5);
VACUUM big;
CHECKPOINT;
SELECT * FROM (VALUES
    ('SELECT sum(n), avg(n), min(n), max(n), count(n) FROM big'),
    ('SELECT sum(n), avg(n), min(n), max(n), count(n) FROM big WHERE i > 0'),
    ('SELECT sum(n), avg(n), min(n), max(n), count(n) FROM big WHERE i > 1000'),
    ('SELECT sum(n * n) FROM big WHERE i > 0')
) q(question), LATERAL differ(question) x;
EXPLAIN (COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF) SELECT sum(n) FROM big;

-- Some pages have none but those, and then they are not all there is.
CREATE TABLE apart (n numeric(40,2), i integer);
INSERT INTO apart SELECT i, i FROM generate_series(1, 2000) i;
INSERT INTO apart SELECT i * 1e30, i FROM generate_series(2001, 6000) i;
VACUUM apart;
CHECKPOINT;
SELECT * FROM (VALUES
    ('SELECT sum(n), avg(n), count(n) FROM apart WHERE i < 1000 OR i > 3000'),
    ('SELECT min(n), max(n), sum(n) FROM apart WHERE i < 1000 OR i > 3000')
) q(question), LATERAL differ(question) x;

-- More groups than a request has room for, and keys that are too long.
CREATE TABLE many (k integer, t text);
INSERT INTO many SELECT i % 700, repeat('k', i % 60) FROM generate_series(1, 5000) i;
ANALYZE many;
VACUUM many;
CHECKPOINT;
SELECT * FROM (VALUES
    ('SELECT k, count(*), sum(k) FROM many GROUP BY k'),
    ('SELECT t, count(*), sum(k) FROM many GROUP BY t')
) q(question), LATERAL differ(question) x;

-- Overflow is PostgreSQL's to tell.
SELECT sum(i4 * i4) FROM sums;
PREPARE q (numeric) AS SELECT g, sum(n * $1) FROM sums WHERE n > $1 GROUP BY g ORDER BY g;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE q (2);
EXECUTE q (2);
EXECUTE q (0.001);
EXECUTE q (NULL);
EXECUTE q ('NaN');
SET lambda.side = off;
EXECUTE q (0.001);
EXECUTE q ('NaN');
SET lambda.side = process;
SELECT x, (SELECT sum(i4) FROM sums WHERE i2 < x) FROM generate_series(-40, 0, 10) x;

-- Numerics that statistics know the size of are read in another way, if they have it.
CREATE TABLE numbers (id integer, k char(1), a numeric(12,2), b numeric(9,4), c numeric(15,2), d numeric(8,0));
INSERT INTO numbers
SELECT i, chr(97 + i % 3),
       CASE i % 9 WHEN 0 THEN 0 WHEN 1 THEN -i ELSE i % 50 END + (i % 5 = 0)::int * 0.01 * (i % 100),
       (CASE i % 7 WHEN 0 THEN 1 ELSE 0 END) + 0.0001 * (i % 9999),
       CASE i % 11 WHEN 0 THEN 10000 * (i % 70) WHEN 1 THEN -i * 9 ELSE i * 103.37 END,
       CASE i % 13 WHEN 0 THEN 10000 * (i % 17) WHEN 1 THEN 99999999 ELSE i % 9000 END
FROM generate_series(1, 20000) i;
VACUUM ANALYZE numbers;
CHECKPOINT;
SELECT * FROM (VALUES
    ('SELECT k, sum(a), sum(b), sum(c), sum(d), avg(a), min(c), max(d), sum(a * b), sum(c * (1 - b) * (1 + b)), count(*) FROM numbers GROUP BY k'),
    ('SELECT sum(a), min(a), max(a), sum(a + a * a) FROM numbers WHERE a < 12.5 AND c > 1000'),
    ('SELECT sum(b), min(b), max(b), sum(d - c) FROM numbers WHERE d = 10000 OR d < 3000'),
    ('SELECT id, a FROM numbers WHERE a = 40000 OR a = 17 OR a = -17.00'),
    ('SELECT id, c FROM numbers WHERE c BETWEEN 500000 AND 600000 AND b < 0.5'),
    ('SELECT id FROM numbers WHERE b = 0.0017 OR b = 1.0042 OR d = 90000'),
    ('SELECT count(*) FROM numbers WHERE a > c AND b < d')
) q(q), differ(q) x;
DROP TABLE numbers;
