-- SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
-- Columns that a scan puts out, by themselves or in whole rows.
SET lambda.side = process;
SET lambda.always = on;
SET max_parallel_workers_per_gather = 0;

CREATE TABLE many (
    id integer NOT NULL, k "char", u uuid, r path, a double precision[], z text, e text,
    g name, p point, iv interval, s smallint, ok boolean, o oid, f real, gone integer,
    m money, t text, w varchar(300), x bigint, y date);
ALTER TABLE many ALTER COLUMN z SET STORAGE MAIN, ALTER COLUMN e SET STORAGE EXTERNAL;
INSERT INTO many
SELECT i, chr(i % 120 + 1)::"char", md5(i::text)::uuid, path(format('((1,%s),(2,3))', i)),
       ARRAY[i, i / 3.0], repeat('z', i * 20), repeat('e', i * 15 % 4000), 'n' || i,
       point(i, -i), i * interval '1 minute', i % 100 - 50, i % 3 = 0, i * 20000000::bigint % 4000000000,
       i / 7.0, i, i::money, repeat('t', i % 200), repeat('w', i % 300), -i, date '2000-01-01' - i
FROM generate_series(1, 600) i;
INSERT INTO many (id, k, t) SELECT i, (-(i % 100))::"char", NULL FROM generate_series(1000, 1060) i;
ALTER TABLE many DROP COLUMN gone;
ALTER TABLE many ADD COLUMN late integer, ADD COLUMN told integer DEFAULT 7,
    ADD COLUMN said text NOT NULL DEFAULT 'said';
INSERT INTO many (id, late, told, said) SELECT i, i, i, i FROM generate_series(2000, 2030) i;
VACUUM many;
CHECKPOINT;

SELECT * FROM (VALUES
    ('k'), ('u'), ('r'), ('a'), ('z'), ('e'), ('g'), ('p'), ('iv'), ('s'), ('o'), ('f'), ('m'),
    ('t'), ('w'), ('x, y'), ('late'), ('told'), ('said'), ('late, told'), ('1'),
    ('id, k, s, ok, o, f, m, t, w, x, y'), ('y, x, w, t'), ('e, z, a, r'), ('id, z, late, y'),
    ('id, k, r, a, z, e, s, ok, o, f, m, t, w, x, y, late'),
    ('id, k, r, a, z, e, s, ok, o, f, m, t, w, x, y, late, id + x'),
    ('id, k, r, a, z, e, s, ok, o, f, m, t, w, x, y, late, u'),
    ('*'), ('many'), ('ctid, id'), ('tableoid::regclass, id'), ('id, lower(t), s + 1'),
    ('length(e)'), ('array_length(a, 1), r, id')
) q(columns), LATERAL differ('SELECT ' || columns || ' FROM many WHERE id <> 300') x;
SET lambda.interpret = on;
SELECT * FROM (VALUES
    ('k'), ('r'), ('a'), ('z'), ('e'), ('t, w'), ('late'), ('told'), ('y, x, w, t'), ('1'),
    ('id, k, r, a, z, e, s, ok, o, f, m, t, w, x, y, late')
) q(columns), LATERAL differ('SELECT ' || columns || ' FROM many WHERE id <> 300') x;
RESET lambda.interpret;

-- A filter of the server's over columns, beside rows that are the server's own.
UPDATE many SET s = s WHERE id BETWEEN 100 AND 120;
SELECT * FROM differ('SELECT id, s, w FROM many WHERE id < 400 AND length(w) > 20 AND md5(t) > ''4''') x;
SELECT * FROM differ('SELECT DISTINCT ON (s) s, ok, w FROM many WHERE id < 400 ORDER BY s, id') x;
SELECT * FROM differ('SELECT a.t, b.w FROM many a JOIN many b ON a.id = b.s AND b.x < -5 WHERE a.id < 90') x;

-- What is put out is little, unless it is whole rows.
EXPLAIN (COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF) SELECT x FROM many WHERE id > 590 AND id < 601;
EXPLAIN (COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF) SELECT many FROM many WHERE id > 590 AND id < 601;

-- Many rows that have hardly anything but nulls: more may be put out than is read.
CREATE TABLE empty (a integer, b bigint, c bigint, d bigint, e bigint, f bigint, g bigint, h bigint);
INSERT INTO empty (a) SELECT CASE WHEN i % 5 = 0 THEN i END FROM generate_series(1, 30000) i;
VACUUM empty;
CHECKPOINT;
SELECT * FROM differ('SELECT h, g, f, e, d, c, b, a FROM empty WHERE b IS NULL') x;
SELECT * FROM differ('SELECT count(h), sum(a), count(*) FROM (SELECT h, g, f, e, d, c, b, a FROM empty WHERE b IS NULL OFFSET 0) x') x;
DROP TABLE many, empty;
