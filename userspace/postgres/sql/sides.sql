-- SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
-- Sides of a machine whose kernel runs no λs.
SET lambda.always = on;
SET lambda.side = host;
SELECT count(*) FROM kinds WHERE id < 5;
SET lambda.side = device;
SELECT count(*) FROM kinds WHERE id < 5;
SET lambda.side = auto;
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id FROM kinds WHERE id < 5;
