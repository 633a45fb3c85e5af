-- SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
-- A lineitem of :rows rows, for figures: psql -v rows=600000 -f bench.sql
SELECT setseed(0.5);
CREATE TABLE lineitem (
    l_orderkey integer NOT NULL,
    l_partkey integer NOT NULL,
    l_suppkey integer NOT NULL,
    l_linenumber integer NOT NULL,
    l_quantity numeric(15,2) NOT NULL,
    l_extendedprice numeric(15,2) NOT NULL,
    l_discount numeric(15,2) NOT NULL,
    l_tax numeric(15,2) NOT NULL,
    l_returnflag char(1) NOT NULL,
    l_linestatus char(1) NOT NULL,
    l_shipdate date NOT NULL,
    l_commitdate date NOT NULL,
    l_receiptdate date NOT NULL,
    l_shipinstruct char(25) NOT NULL,
    l_shipmode char(10) NOT NULL,
    l_comment varchar(44) NOT NULL);
INSERT INTO lineitem
SELECT i / 4, (random() * 20000)::int + 1, (random() * 1000)::int + 1, i % 4 + 1,
       q, (q * (900 + random() * 1000)::numeric)::numeric(15,2),
       (random() * 10)::int / 100.0, (random() * 8)::int / 100.0,
       CASE WHEN d > 1263 THEN 'N' WHEN random() < 0.5 THEN 'R' ELSE 'A' END,
       CASE WHEN d > 1263 THEN 'O' ELSE 'F' END,
       date '1992-01-01' + d, date '1992-01-01' + d + (random() * 60)::int - 30,
       date '1992-01-01' + d + (random() * 30)::int,
       (ARRAY['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'])[i % 4 + 1],
       (ARRAY['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'])[i % 7 + 1],
       substr('carefully final deposits sleep quickly special requests haggle furiously ideas',
              (random() * 40)::int + 1, (random() * 33)::int + 10)
FROM (SELECT i, (random() * 49)::int + 1 AS q, (random() * 2525)::int AS d
      FROM generate_series(1, :rows) i) s;
VACUUM (FREEZE, ANALYZE) lineitem;
CHECKPOINT;
