// SPDX-License-Identifier: GPL-2.0-only
/* Functions that call themselves, each other, in turns, deep, with arrays. */
#include "native.h"

static long power(long n, int by)
{
	long half;

	if (!by)
		return 1;
	half = power(n, by / 2);
	return by % 2 ? half * half * n : half * half;
}

static int ackermann(int m, int n)
{
	if (!m)
		return n + 1;
	return ackermann(m - 1, n ? ackermann(m, n - 1) : 1);
}

static long deep(int n, char *above)
{
	char own[40];
	int i;

	for (i = 0; i < 40; i++)
		own[i] = n + i + (above ? above[39 - i] : 0);
	if (!n)
		return own[7];
	return deep(n - 1, own) * 3 + own[n % 40];
}

static int odd(unsigned int n);

static int even(unsigned int n)
{
	return n ? odd(n - 1) : 1;
}

static int odd(unsigned int n)
{
	return n ? even(n - 1) + 0 : 0;
}

/* A parser: expression, term, factor, in a circle. */
struct parser { const char *at; int depth, most; };

static long expression(struct parser *p);

static long factor(struct parser *p)
{
	long n = 0;

	if (*p->at == '(') {
		p->at++;
		if (++p->depth > p->most)
			p->most = p->depth;
		n = expression(p);
		p->depth--;
		p->at++;
		return n;
	}
	if (*p->at == '-') {
		p->at++;
		return -factor(p);
	}
	while (*p->at >= '0' && *p->at <= '9')
		n = n * 10 + *p->at++ - '0';
	return n;
}

static long term(struct parser *p)
{
	long n = factor(p);

	while (*p->at == '*' || *p->at == '/') {
		char op = *p->at++;
		long other = factor(p);

		n = op == '*' ? n * other : n / (other ?: 1);
	}
	return n;
}

static long expression(struct parser *p)
{
	long n = term(p);

	while (*p->at == '+' || *p->at == '-') {
		char op = *p->at++;
		long other = term(p);

		n += op == '+' ? other : -other;
	}
	return n;
}

struct tree { struct tree *left, *right; int key; };

static struct tree nodes[300];
static int nr_nodes;

static struct tree *insert(struct tree *t, int key)
{
	if (!t) {
		t = &nodes[nr_nodes++];
		t->key = key;
	} else if (key < t->key) {
		t->left = insert(t->left, key);
	} else if (key > t->key) {
		t->right = insert(t->right, key);
	}
	return t;
}

static void walk(const struct tree *t, void (*see)(const struct tree *t))
{
	if (!t)
		return;
	walk(t->left, see);
	see(t);
	walk(t->right, see);
}

static void put_key(const struct tree *t)
{
	put64(t->key);
}

static int queens(int n, int row, unsigned int columns, unsigned int left,
		  unsigned int right, int *turns)
{
	int found = 0, i;

	++*turns;
	if (row == n)
		return 1;
	for (i = 0; i < n; i++) {
		unsigned int bit = 1u << i;

		if ((columns | left | right) & bit)
			continue;
		found += queens(n, row + 1, columns | bit, (left | bit) << 1,
				(right | bit) >> 1, turns);
	}
	return found;
}

struct pair { long a, b; };

static struct pair fibonacci(int n)
{
	struct pair p;

	if (!n)
		return (struct pair) { 0, 1 };
	p = fibonacci(n - 1);
	return (struct pair) { p.b, p.a + p.b };
}

static double series(double x, int n)
{
	return n ? x / n * (1 + series(x, n - 1)) : 1;
}

static long by_pointer(long (*f)(long n, void *self), long n)
{
	return n > 1 ? n * f(n - 1, (void *)f) : 1;
}

static long factorial(long n, void *self)
{
	return by_pointer((long (*)(long, void *))self, n);
}

static void program(const unsigned char *in, size_t len)
{
	struct parser p = { .at = "2*(3+4*(5-(6-7))*2)-(((((((((1+1)))))))))/2" };
	struct tree *root = NULL;
	int turns = 0;
	double d = series(1.5, 20);
	size_t i;

	put64(power(3, len % 30));
	put64(ackermann(2, in[0] % 9));
	put64(deep(500, NULL));
	put64(even(len) * 2 + odd(len + 7));
	put64(expression(&p));
	put64(p.most);
	for (i = 0; i < len; i++)
		root = insert(root, in[i]);
	walk(root, put_key);
	put64(queens(6, 0, 0, 0, 0, &turns));
	put64(turns);
	put64(fibonacci(50).a);
	put(&d, sizeof(d));
	put64(factorial(10, factorial));
}
