/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * pg_lambda: PostgreSQL's scans as λs. What the files of the extension share.
 */
#ifndef PG_LAMBDA_H
#define PG_LAMBDA_H

#include "postgres.h"

#include "access/heapam.h"
#include "access/parallel.h"
#include "access/tableam.h"
#include "commands/explain.h"
#include "lib/stringinfo.h"
#include "nodes/execnodes.h"
#include "nodes/extensible.h"
#include "nodes/pathnodes.h"
#include "port/atomics.h"
#include "utils/hsearch.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

#include "lambda/wire.h"

/* Where λs run: lambda.side. */
typedef enum PglSide
{
	PGL_SIDE_AUTO,
	PGL_SIDE_HOST,
	PGL_SIDE_DEVICE,
	PGL_SIDE_PROCESS,
	PGL_SIDE_OFF,
} PglSide;

/* Why a page went the ordinary way; those of enum pgl_why come first. */
typedef enum PglReason
{
	PGL_DIRTY = PGL_WHYS,		/* a buffer of it is dirty */
	PGL_MAP,					/* not in the visibility map */
	PGL_REDONE,					/* it left the map meanwhile */
	PGL_FAILED,					/* the λ gave no result */
	PGL_UNFIT,					/* the query's constants cannot be told */
	PGL_REASONS
} PglReason;

typedef struct PglStats
{
	uint64		scans;
	uint64		requests[PGL_SIDE_OFF];
	uint64		pages;			/* by λs */
	uint64		declined[PGL_REASONS];
	uint64		rows_seen;
	uint64		rows_out;
	uint64		bytes_read;
	uint64		bytes_out;
	uint64		ns;
} PglStats;

/* settings.c */
extern int	pgl_side;
extern bool pgl_aggregates;
extern bool pgl_joins;
extern int	pgl_mapped;
extern bool pgl_always;
extern bool pgl_interpret;
extern int	pgl_request_delay;
extern void pgl_settings_init(void);
extern const char *pgl_side_text(int side);

/* code.c: code that a λ runs, and its arguments */

typedef struct PglCode
{
	TupleDesc	desc;
	Index		varno;
	bool		dry;			/* whether it can be made, no more */
	PlanState  *ps;				/* else: for constants */
	StringInfoData insns;
	StringInfoData pool;
	StringInfoData labels;		/* of int: places of steps */
	StringInfoData points;		/* of int: steps that pgl_code_point() noted */
	int			natts;			/* columns that are looked at */
	int			values;
	uint32		extremes;		/* values that min or max is asked of */
	uint32		puts;			/* columns that are put out, or PGL_PUT_ALL */
	bool		grouped;
	const char *why;			/* why it cannot be made */
} PglCode;

extern void pgl_code_begin(PglCode *code, TupleDesc desc, Index varno,
						   PlanState *ps);
extern bool pgl_code_fail(PglCode *code, const char *why);
extern struct pgl_insn *pgl_code_add(PglCode *code, enum pgl_op op);
extern int	pgl_code_label(PglCode *code);
extern void pgl_code_point(PglCode *code);
extern void pgl_code_here(PglCode *code, int label);
extern int64 pgl_code_pool(PglCode *code, const void *bytes, int len);
extern struct pgl_args *pgl_code_end(PglCode *code, int *len);

/* value.c: columns, constants and arithmetic */

typedef enum PglKind
{
	PGL_KIND_INT,				/* of @width bytes; bool is one of 1 */
	PGL_KIND_DATE,
	PGL_KIND_TIME,				/* timestamp, with a zone or without */
	PGL_KIND_NUMERIC,			/* times 10^scale */
	PGL_KIND_FLOAT,
	PGL_KIND_TEXT,
	PGL_KIND_BPCHAR,
} PglKind;

typedef struct PglType
{
	PglKind		kind;
	Oid			oid;
	int			width;
	int			scale;			/* of the register, a multiple of 4 */
	int			dscale;			/* that PostgreSQL shows; -1: not known */
} PglType;

extern Expr *pgl_strip(Expr *expr);
extern bool pgl_type_of(Expr *expr, PglType *type);
extern bool pgl_is_constant(Expr *expr);
extern Datum pgl_constant(PglCode *code, Expr *expr, bool *isnull);
extern Var *pgl_column(PglCode *code, Expr *expr);
extern bool pgl_load(PglCode *code, Var *var, const PglType *type, int reg,
					 int null_label);
extern bool pgl_constant_int(PglCode *code, const PglType *type, Datum value,
							 int64 *ret);
extern bool pgl_align_scales(PglCode *code, int reg, PglType *left,
							 PglType *right);
extern bool pgl_value(PglCode *code, Expr *expr, int reg, int null_label,
					  PglType *type);

/* comparison.c: tests of a value */
extern void pgl_jump(PglCode *code, int to);
extern struct pgl_insn *pgl_test(PglCode *code, enum pgl_op op, int t, int f);
extern bool pgl_strategy(Oid opno, const PglType *left, const PglType *right,
						 int *strategy, bool *negate);
extern bool pgl_comparison_constant(PglCode *code, Expr *expr, Datum *value);
extern bool pgl_comparison_text(PglCode *code, Expr *column, Expr *constant,
								Oid collation, bool negate, int t, int f,
								const PglType *type);
extern bool pgl_comparison(PglCode *code, OpExpr *expr, bool negate, int t,
						   int f);

/* list.c, condition.c: tests of whatever is asked */
extern bool pgl_list(PglCode *code, ScalarArrayOpExpr *expr, bool negate,
					 int t, int f);
extern bool pgl_is_search(OpExpr *expr);
extern bool pgl_condition(PglCode *code, Expr *expr, bool negate, int t, int f);
extern bool pgl_conditions(PglCode *code, List *exprs, int f);

/* columns.c: columns that a λ puts out, in place of whole rows */
typedef struct PglColumns
{
	int			count;			/* -1: whole rows are */
	int			att[PGL_PUTS];
} PglColumns;

extern void pgl_columns_begin(PglColumns *columns, CustomScan *scan,
							  TupleDesc desc);
extern bool pgl_columns_code(PglColumns *columns, PglCode *code);
extern Size pgl_columns_room(const PglColumns *columns, TupleDesc desc);
extern bool pgl_columns_store(const PglColumns *columns,
							  const struct pgl_row *row,
							  TupleTableSlot *slot);

/* pattern.c: LIKE */
extern bool pgl_pattern(StringInfo to, const char *p, int len);

/* number.c: numerics and integers */
extern bool pgl_numeric_to_int(Datum numeric, int scale, int64 *ret,
							   int *dscale);
extern int	pgl_numeric_floor(Datum numeric, int scale, int64 *ret,
							  bool *exact);
extern int	pgl_numeric_scale(Datum numeric);
extern Datum pgl_int128_to_numeric(int128 value, int scale, int dscale);
extern int	pgl_typmod_scale(int32 typmod);

/* visible.c: which blocks a λ may look at */
typedef struct PglGuard
{
	Relation	rel;
	Buffer		map;
	XLogRecPtr	position;
} PglGuard;

extern bool pgl_relation_fits(Relation rel, const char **why);
extern void pgl_guard_before(PglGuard *guard, BlockNumber first, int n,
							 uint8 *why);
extern int	pgl_guard_after(PglGuard *guard, BlockNumber first, int n,
							uint8 *why);
extern void pgl_guard_end(PglGuard *guard);

/* emit_code.c: the code of a query as instructions */
struct bpf_insn;

typedef struct PglQuick
{
	struct bpf_insn *insns;		/* NULL: the λ interprets the code */
	int			count;
} PglQuick;

extern void pgl_emit(PglQuick *quick, PglCode *code,
					 const struct pgl_args *args);

/* interrupt.c: what ends a request */
struct lambda_local;

typedef ssize_t (*PglRequest) (void *data);

extern ssize_t pgl_interrupt_call(PglRequest request, void *data);
extern ssize_t pgl_interrupt_local(struct lambda_local *local,
								   PglRequest request, void *data);

/* engine.c: requests */
extern int	pgl_engine_function(const char *name);
extern ssize_t pgl_engine_run(const PglQuick *quick, int side, int fd, void *buf, size_t cap,
							  size_t count, off_t offset,
							  const struct pgl_args *args, int args_len,
							  PglStats *stats);

/* reader.c: over the blocks of a relation */

typedef struct PglShared
{
	pg_atomic_uint64 next;
	uint64		nblocks;
	int			workers;
	PglStats	stats[FLEXIBLE_ARRAY_MEMBER];	/* of each worker */
} PglShared;

typedef struct PglReader
{
	Relation	rel;
	Snapshot	snapshot;
	MemoryContext context;		/* of the code */
	BlockNumber nblocks;
	BlockNumber next;
	PglShared  *shared;			/* with whom blocks are shared, or NULL */
	PglStats   *worker;			/* what workers did that are gone */
	int			workers;
	PglStats	told;			/* of a worker: what another one did before it */
	struct pgl_args *args;		/* NULL: everything goes the ordinary way */
	int			args_len;
	PglQuick	quick;
	PglGuard	guard;
	PglStats	stats;
	/* the range at hand */
	BlockNumber first;
	int			n;
	int			batch;
	Size		room;			/* bytes of output of a page */
	uint8		why[PGL_BLOCKS];
	char	   *out;
	size_t		out_cap;
	size_t		out_len;
	int			redo;			/* page of the range to look at for redoing */
	TableScanDesc heap;
	bool		in_heap;
} PglReader;

extern void pgl_reader_begin(PglReader *reader, Relation rel,
							 Snapshot snapshot);
extern void pgl_reader_reset(PglReader *reader);
extern void pgl_reader_start(PglReader *reader, PglCode *code);
extern bool pgl_reader_next_range(PglReader *reader);
extern int	pgl_reader_left(PglReader *reader);
extern HeapTuple pgl_reader_ordinary(PglReader *reader);
extern void pgl_reader_end(PglReader *reader);

/* parallel.c: what processes of a parallel plan share */
extern Size pgl_parallel_size(ParallelContext *pcxt);
extern void pgl_parallel_begin(PglReader *reader, ParallelContext *pcxt,
							   void *at);
extern void pgl_parallel_again(void *at);
extern void pgl_parallel_join(PglReader *reader, void *at);
extern void pgl_parallel_tell(PglReader *reader);
extern void pgl_parallel_total(const PglReader *reader, PglStats *total);

/* plan_scan.c, plan_group.c: paths and plans */
extern void pgl_plan_scan_init(void);
extern void pgl_plan_group_init(void);
extern void pgl_plan_join_init(void);
extern const char *pgl_relation_unfit(PlannerInfo *root, RelOptInfo *rel,
									  RangeTblEntry *rte);
extern List *pgl_order_clauses(PlannerInfo *root, List *clauses);
extern bool pgl_clause_fits(Expr *clause, Index varno, Oid relid,
							const char **why);
extern Path *pgl_scan_path(PlannerInfo *root, RelOptInfo *rel, int key,
						   double share);
extern Cost pgl_ordinary_cost(RelOptInfo *rel, Cost *disk);
extern int	pgl_workers(RelOptInfo *rel, double *divisor);
extern Cost pgl_cost(PlannerInfo *root, RelOptInfo *rel, List *pushed,
					 double rows, double out);

/* join_keys.c: keys of a hash join, as a test */
extern bool pgl_join_code(PglCode *code, HashJoinState *join,
						  AttrNumber inner, Var *key, int f);

/* join.c: tells the scan of a join's outer side */
extern bool pgl_join_is_equality(Oid opno);
extern void pgl_join_init(void);

/* cursor.c: cursors that may be fetched from backward */
extern bool pgl_backward;
extern void pgl_cursor_init(void);

/* node_scan.c, node_group.c: what runs them */
extern int	pgl_scan_key(const CustomScan *scan);
extern void pgl_scan_join(CustomScanState *css, HashJoinState *join,
						  AttrNumber inner);
extern const CustomScanMethods pgl_scan_methods;
extern const CustomScanMethods pgl_group_methods;
extern const CustomScanMethods pgl_partial_methods;
extern const CustomExecMethods pgl_scan_exec_methods;
extern const CustomExecMethods pgl_group_exec_methods;

/* groups.c: groups of rows, by the λ and by the server, together */

typedef struct PglKey
{
	const char *data;
	int			len;
} PglKey;

typedef struct PglGroupValue
{
	int128		sum;
	int64		min;
	int64		max;
	int64		count;			/* of values that are not null */
	int64		slow;			/* those below, which have no short form */
	Datum		slow_sum;
	Datum		slow_min;
	Datum		slow_max;
} PglGroupValue;

typedef struct PglGroup
{
	PglKey		key;			/* has to be first */
	int64		count;
	PglGroupValue value[PGL_VALUES];
} PglGroup;

typedef struct PglGroups
{
	MemoryContext context;
	HTAB	   *table;
} PglGroups;

extern void pgl_groups_begin(PglGroups *groups);
extern PglGroup *pgl_groups_find(PglGroups *groups, const char *key, int len);
extern bool pgl_groups_merge(PglGroups *groups, const struct pgl_group *from,
							 int values);
extern bool pgl_groups_is_extreme(Oid func);
extern void pgl_groups_add(PglGroups *groups, PglGroupValue *value,
						   const PglType *type, Datum datum);
extern Datum pgl_groups_sum(const PglGroupValue *value, const PglType *type);
extern Datum pgl_groups_result(const PglGroup *group,
							   const PglGroupValue *value, Oid func,
							   const PglType *type, bool *isnull);
extern void pgl_key_put(StringInfo to, Datum value, bool isnull,
						const PglType *type);
extern const char *pgl_key_get(const char *at, const PglType *type,
							   Datum *value, bool *isnull);

/* partial.c: groups that PostgreSQL puts together with others */

typedef struct PglPartial
{
	AggState   *agg;			/* what aggregate functions ask for */
	FmgrInfo	accum[2];		/* of integers, of numerics */
	FmgrInfo	combine[2];
	FmgrInfo	serialize[2];
} PglPartial;

extern void pgl_partial_begin(PglPartial *partial, ExprContext *econtext);
extern Datum pgl_partial_result(PglPartial *partial, const PglGroup *group,
								const PglGroupValue *value, Oid func,
								const PglType *type, bool *isnull);

/* explain.c, stat.c */
extern void pgl_explain(ExplainState *es, const PglReader *reader,
						List *notes, List *pushed, Index varno);
extern void pgl_explain_key(ExplainState *es, Relation rel, int key);
extern void pgl_stat_init(void);
extern HeapTuple pgl_stat_ordinary(PglReader *reader);
extern void pgl_stats_add(PglStats *to, const PglStats *from);
extern void pgl_stat_add(const PglReader *reader);
extern const char *pgl_reason_text(int reason);

#endif							/* PG_LAMBDA_H */
