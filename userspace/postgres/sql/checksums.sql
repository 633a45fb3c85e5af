-- SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
-- A page of which the file has another checksum is the server's, who says so unless it
-- has the page as it was.
SHOW data_checksums;
SET lambda.side = process;
SET lambda.always = on;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE sums (i int, j int);
INSERT INTO sums SELECT i, -i FROM generate_series(1, 1000) i;
VACUUM sums;
CHECKPOINT;
SELECT sum(i), sum(j) FROM sums WHERE i <> 77;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT sum(i), sum(j) FROM sums WHERE i <> 77;
-- The first row's first column in the file is 65 instead of 1.
SELECT current_setting('data_directory') || '/' || pg_relation_filepath('sums') AS path \gset
\setenv FILE :path
\! printf 'A' | dd of="$FILE" bs=1 seek=8184 conv=notrunc status=none
SELECT sum(i), sum(j) FROM sums WHERE i <> 77;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT sum(i), sum(j) FROM sums WHERE i <> 77;
-- A page in another one's place.
\! dd if="$FILE" of="$FILE" bs=8192 count=1 skip=2 seek=1 conv=notrunc status=none
SELECT sum(i), sum(j) FROM sums WHERE i <> 77;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT sum(i), sum(j) FROM sums WHERE i <> 77;
