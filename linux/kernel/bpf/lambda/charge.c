// SPDX-License-Identifier: GPL-2.0-only
/*
 * What users' λs hold, and how much of it one user may.
 *
 * A user is counted as for RLIMIT_MEMLOCK: in its user namespace, and with all
 * others in it as the owner of the namespace in the one above, and so on. The
 * limit is the same at each level, so that a namespace, with however many uids
 * mapped into it, holds no more than its owner could.
 *
 * What a request has while it may wait for something of a user's, a turn and
 * pages, is counted so. Windows are counted for all users together: a task that
 * has one waits for nothing but the processor and memory.
 *
 * Pages count as memory of the caller's as well: private ones as anonymous,
 * those of files as file pages of its address space, where it would have them
 * had it mapped the file and made the output itself. So the OOM killer finds
 * the task that has them; and memory cgroups are charged for what is allocated.
 */
#include <linux/bpf_lambda.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/sysctl.h>
#include <linux/user_namespace.h>
#include <linux/wait_bit.h>

#include "internal.h"

static struct ucounts *charge_level_above(const struct ucounts *ucounts)
{
	return ucounts->ns->ucounts;
}

/* Gives back what the levels below @end were charged. */
static void undo_charge(struct ucounts *ucounts, const struct ucounts *end,
			enum rlimit_type type, long n)
{
	for (; ucounts != end; ucounts = charge_level_above(ucounts))
		atomic_long_sub(n, &ucounts->rlimit[type]);
}

void bpf_lambda_uncharge(struct ucounts *ucounts, enum rlimit_type type,
			 long n)
{
	undo_charge(ucounts, NULL, type, n);
}

bool bpf_lambda_charge(struct ucounts *ucounts, enum rlimit_type type, long n,
		       unsigned long max)
{
	struct ucounts *at;

	for (at = ucounts; at; at = charge_level_above(at)) {
		unsigned long sum = atomic_long_add_return(n,
							   &at->rlimit[type]);

		if (unlikely(sum > max)) {
			undo_charge(ucounts, charge_level_above(at), type, n);
			return false;
		}
	}
	return true;
}

/**
 * bpf_lambda_charge_owner - the user that a user's namespaces belong to
 * @ucounts: the user
 *
 * Return: the user of the first namespace that answers for @ucounts in the end.
 */
struct ucounts *bpf_lambda_charge_owner(struct ucounts *ucounts)
{
	while (charge_level_above(ucounts))
		ucounts = charge_level_above(ucounts);
	return ucounts;
}

/* Turns, and windows */

u32 bpf_lambda_windows_max __read_mostly;

/* Windows in use, of all users. */
static atomic_long_t in_use;

/* How many there may be of what @count counts. */
static long charge_max_of(const atomic_long_t *count, bool all)
{
	if (count != &in_use)
		return all ? LONG_MAX : BPF_LAMBDA_TURNS_USER;
	return bpf_lambda_windows_max - (all ? 0 : BPF_LAMBDA_WINDOWS_KEPT);
}

static bool charge_take_one(atomic_long_t *count, bool all)
{
	long max = charge_max_of(count, all), was = atomic_long_read(count);

	do {
		if (unlikely(was >= max))
			return false;
	} while (!atomic_long_try_cmpxchg(count, &was, was + 1));
	return true;
}

/* Only tasks that saw none left wait, so only the first one wakes them. */
static void charge_give_back(atomic_long_t *count)
{
	long left = atomic_long_dec_return(count);

	if (unlikely(left == charge_max_of(count, false) - 1 ||
		     left == charge_max_of(count, true) - 1))
		wake_up_var(count);
}

static int charge_await_one(atomic_long_t *count, bool all)
{
	return wait_var_event_interruptible(count, atomic_long_read(count) <
						   charge_max_of(count, all));
}

static bool charge_may_take_all(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_SYS_RESOURCE);
}

static atomic_long_t *charge_turns_of(struct ucounts *ucounts)
{
	return &ucounts->rlimit[UCOUNT_RLIMIT_LAMBDA_TURNS];
}

/* Return: NULL, or what has no turn left. */
static atomic_long_t *charge_try_claim(struct ucounts *ucounts, bool all)
{
	struct ucounts *at, *undo = ucounts;

	for (at = ucounts; at; at = charge_level_above(at))
		if (!charge_take_one(charge_turns_of(at), all))
			break;
	if (likely(!at))
		return NULL;
	for (; undo != at; undo = charge_level_above(undo))
		charge_give_back(charge_turns_of(undo));
	return charge_turns_of(at);
}

/**
 * bpf_lambda_charge_claim_turn - wait until a user may have one more request
 * @ucounts: the user; the caller holds a reference
 *
 * A user has BPF_LAMBDA_TURNS_USER of them at most; one that may exceed limits
 * does not wait. What a turn is kept for may take for ever: it is the
 * user's own.
 *
 * Context: process context with nothing held that others wait for; sleeps
 * interruptibly.
 * Return: 0, and bpf_lambda_charge_give_turn() is owed; -ERESTARTSYS.
 */
int bpf_lambda_charge_claim_turn(struct ucounts *ucounts)
{
	atomic_long_t *full;
	bool all = false;

	while ((full = charge_try_claim(ucounts, all))) {
		all = charge_may_take_all();
		if (!all && charge_await_one(full, false))
			return -ERESTARTSYS;
	}
	return 0;
}

/**
 * bpf_lambda_charge_try_turn - have one more request of a user's run, if it may
 * @ucounts: the user; the caller holds a reference
 *
 * Return: true, and bpf_lambda_charge_give_turn() is owed; false where
 * bpf_lambda_charge_claim_turn() may have to wait.
 */
bool bpf_lambda_charge_try_turn(struct ucounts *ucounts)
{
	return !charge_try_claim(ucounts, false);
}

/**
 * bpf_lambda_charge_give_turn - a request of a user's has ended
 * @ucounts: the user
 */
void bpf_lambda_charge_give_turn(struct ucounts *ucounts)
{
	for (; ucounts; ucounts = charge_level_above(ucounts))
		charge_give_back(charge_turns_of(ucounts));
}

/**
 * bpf_lambda_charge_claim_window - wait until one more window may be in use
 * @wait: or do not
 *
 * All users together leave BPF_LAMBDA_WINDOWS_KEPT to those that may exceed
 * limits. While one is in use nothing of a user's is waited for, so the wait is
 * for λs that run.
 *
 * Context: process context; sleeps interruptibly.
 * Return: 0, and bpf_lambda_charge_unclaim_window() is owed; -ERESTARTSYS;
 * -EAGAIN for who does not wait.
 */
int bpf_lambda_charge_claim_window(bool wait)
{
	bool all = false;

	while (!charge_take_one(&in_use, all)) {
		if (!all && charge_may_take_all())
			all = true;
		else if (!wait)
			return -EAGAIN;
		else if (charge_await_one(&in_use, all))
			return -ERESTARTSYS;
	}
	return 0;
}

/**
 * bpf_lambda_charge_unclaim_window - there is one window less in use
 */
void bpf_lambda_charge_unclaim_window(void)
{
	charge_give_back(&in_use);
}

/* Programs */

/**
 * bpf_lambda_charge_count - count one thing that the caller is to have loaded
 * @type: what, one of UCOUNT_RLIMIT_LAMBDA_*
 * @max:  how many of them a user may have
 *
 * Return: the user, referenced, for bpf_lambda_charge_uncount(); NULL of a
 * caller that is bpf_lambda_capable(); ERR_PTR(-EDQUOT) beyond @max.
 */
struct ucounts *bpf_lambda_charge_count(enum rlimit_type type,
					unsigned long max)
{
	struct ucounts *ucounts;

	if (bpf_lambda_capable())
		return NULL;
	ucounts = get_ucounts(current_ucounts());
	if (!ucounts)
		return ERR_PTR(-EDQUOT);
	if (bpf_lambda_charge(ucounts, type, 1, max))
		return ucounts;
	put_ucounts(ucounts);
	return ERR_PTR(-EDQUOT);
}

/**
 * bpf_lambda_charge_uncount - take back what bpf_lambda_charge_count() counted
 * @ucounts: the user
 * @type:    what
 */
void bpf_lambda_charge_uncount(struct ucounts *ucounts, enum rlimit_type type)
{
	bpf_lambda_uncharge(ucounts, type, 1);
	put_ucounts(ucounts);
}

/**
 * bpf_lambda_charge_settle - take back what a program was charged
 * @account: of the program, or of one that did not come to be
 */
void bpf_lambda_charge_settle(struct bpf_lambda_account *account)
{
	struct ucounts *ucounts = account->ucounts;

	if (!ucounts)
		return;
	bpf_lambda_uncharge(ucounts, UCOUNT_RLIMIT_LAMBDA_CODE,
			    account->bytes);
	bpf_lambda_charge_uncount(ucounts, UCOUNT_RLIMIT_LAMBDA_PROGS);
	account->ucounts = NULL;
}

/* Memory */

static unsigned long user_pages __read_mostly;
static unsigned long user_mapped_pages __read_mostly;

/**
 * struct kind - how pages of a kind are counted
 * @type:    by user
 * @max:     so many of one user's
 * @counter: in the payer's address space
 */
static const struct kind {
	enum rlimit_type type;
	const unsigned long *max;
	int counter;
} kinds[] = {
	[BPF_LAMBDA_PRIVATE] = {
		UCOUNT_RLIMIT_LAMBDA_PAGES, &user_pages, MM_ANONPAGES,
	},
	[BPF_LAMBDA_MAPPED] = {
		UCOUNT_RLIMIT_LAMBDA_MAPPED, &user_mapped_pages, MM_FILEPAGES,
	},
};

int bpf_lambda_charge_pay(const struct bpf_lambda_payer *payer,
			  enum bpf_lambda_memory what, u32 held, u32 pages)
{
	const struct kind *kind = &kinds[what];
	unsigned long max = READ_ONCE(*kind->max);

	if (!pages)
		return 0;	/* even if the limit was lowered meanwhile */
	if (!bpf_lambda_charge(payer->ucounts, kind->type, pages, max))
		return (u64)held + pages > max ? -EDQUOT : -EBUSY;
	if (payer->mm)
		add_mm_counter(payer->mm, kind->counter, pages);
	return 0;
}
EXPORT_SYMBOL_GPL(bpf_lambda_charge_pay);

void bpf_lambda_charge_unpay(const struct bpf_lambda_payer *payer,
			     enum bpf_lambda_memory what, u32 pages)
{
	const struct kind *kind = &kinds[what];

	if (!pages)
		return;
	bpf_lambda_uncharge(payer->ucounts, kind->type, pages);
	if (payer->mm)
		add_mm_counter(payer->mm, kind->counter, -(long)pages);
}
EXPORT_SYMBOL_GPL(bpf_lambda_charge_unpay);

struct page *bpf_lambda_charge_alloc_page(const struct bpf_lambda_payer *payer,
					  u32 *paid, gfp_t gfp)
{
	struct page *page;
	int err;

	if (paid) {
		err = bpf_lambda_charge_pay(payer, BPF_LAMBDA_PRIVATE, *paid,
					    1);
		if (err)
			return ERR_PTR(err);
	}
	page = alloc_page(gfp | __GFP_ZERO);
	if (paid && page)
		++*paid;
	else if (paid)
		bpf_lambda_charge_unpay(payer, BPF_LAMBDA_PRIVATE, 1);
	return page ?: ERR_PTR(-ENOMEM);
}

static struct ctl_table lambda_table[] = {
	{
		.procname	= "user_pages",
		.data		= &user_pages,
		.maxlen		= sizeof(user_pages),
		.mode		= 0644,
		.proc_handler	= proc_doulongvec_minmax,
	},
	{
		.procname	= "user_mapped_pages",
		.data		= &user_mapped_pages,
		.maxlen		= sizeof(user_mapped_pages),
		.mode		= 0644,
		.proc_handler	= proc_doulongvec_minmax,
	},
};

static int __init bpf_lambda_charge_init(void)
{
	user_pages = max(totalram_pages() / 16, SZ_64M >> PAGE_SHIFT);
	user_mapped_pages = totalram_pages() / 4;
	register_sysctl_init("fs/lambda", lambda_table);
	return 0;
}
fs_initcall(bpf_lambda_charge_init);
