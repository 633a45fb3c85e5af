// SPDX-License-Identifier: GPL-2.0-only
/*
 * `lambda info --disk` through disks that are made of others: what sysfs and the
 * device mapper tell, and what becomes of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <layers.h>
#include <linux/dm-ioctl.h>
#include <mapper.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "test.h"

#define MAPPER_FD	700

/* The device mapper, in place of the kernel's. */
static struct {
	int refuses;		/* a negative errno */
	unsigned int targets;
	const char *kinds[4], *params[4];
	size_t pad;		/* bytes that the parameters are longer */
	unsigned int calls;
	dev_t asked;
} mapper;

/* Stand in for those of the C library. */
int open(const char *path, int flags, ...)
{
	if (strcmp(path, "/dev/mapper/control"))
		return syscall(SYS_openat, AT_FDCWD, path, flags, 0);
	if (!mapper.refuses)
		return MAPPER_FD;
	errno = -mapper.refuses;
	return -1;
}

static size_t put_target(char *to, size_t at, unsigned int i)
{
	struct dm_target_spec spec = { 0 };
	size_t end = at + sizeof(spec) + strlen(mapper.params[i]) + 1 +
		     mapper.pad;

	end = (end + 7) & ~7ul;
	spec.next = end;
	memcpy(spec.target_type, mapper.kinds[i], strlen(mapper.kinds[i]));
	memcpy(to + at, &spec, sizeof(spec));
	memcpy(to + at + sizeof(spec), mapper.params[i],
	       strlen(mapper.params[i]) + 1);
	return end;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct dm_ioctl *call;
	char table[64 * 1024];
	size_t at = 0;
	va_list args;
	unsigned int i;

	va_start(args, request);
	call = va_arg(args, struct dm_ioctl *);
	va_end(args);
	if (fd != MAPPER_FD || request != DM_TABLE_STATUS) {
		errno = ENOTTY;
		return -1;
	}
	mapper.calls++;
	mapper.asked = call->dev;
	memset(table, 'x', sizeof(table));
	for (i = 0; i < mapper.targets; i++)
		at = put_target(table, at, i);
	call->target_count = mapper.targets;
	if (at > call->data_size - call->data_start)
		call->flags |= DM_BUFFER_FULL_FLAG;
	else
		memcpy((char *)call + call->data_start, table, at);
	return 0;
}

static void one_target(const char *kind, const char *params)
{
	mapper.targets = 1;
	mapper.kinds[0] = kind;
	mapper.params[0] = params;
}

static void test_mapper(void)
{
	struct mapped mapped;

	one_target("linear", "259:2 2048");
	test_ok(!mapper_ask(makedev(254, 3), &mapped) &&
		!strcmp(mapped.kind, "linear") &&
		mapped.first == makedev(259, 2), "mapper: one linear target");
	test_ok(mapper.asked == makedev(254, 3), "mapper: of the disk asked for");
	mapper.targets = 3;
	mapper.kinds[1] = "linear";
	mapper.params[1] = "8:0 0";
	mapper.kinds[2] = "striped";
	mapper.params[2] = "2 128 8:0 0 8:16 0";
	test_ok(!mapper_ask(makedev(254, 3), &mapped) &&
		!strcmp(mapped.kind, "striped") &&
		mapped.first == makedev(259, 2),
		"mapper: one of several targets is not linear");
	mapper.calls = 0;
	mapper.pad = 10000;
	test_ok(!mapper_ask(makedev(254, 3), &mapped) && mapper.calls > 1,
		"mapper: a long table");
	mapper.pad = 0;
	one_target("error", "");
	test_ok(!mapper_ask(makedev(254, 3), &mapped) && !mapped.first,
		"mapper: a target on no disk");
	mapper.targets = 0;
	test_ok(!mapper_ask(makedev(254, 3), &mapped) && !*mapped.kind,
		"mapper: no table");
	mapper.refuses = -EACCES;
	test_ok(mapper_ask(makedev(254, 3), &mapped) == -EACCES,
		"mapper: not for everybody");
	mapper.refuses = 0;
}

/* A table of one target, with bytes of it missing or out of place. */
static void test_table(void)
{
	struct {
		struct dm_target_spec spec;
		char params[8];
	} table = { .spec.target_type = "0123456789abcdef", .params = "1:2 3" };
	struct mapped mapped;

	test_ok(!mapper_read_table(&table, sizeof(table), 1, &mapped) &&
		!strcmp(mapped.kind, "0123456789abcdef"),
		"table: a name without an end");
	test_ok(mapper_read_table(&table, sizeof(table.spec), 1, &mapped) ==
		-EPROTO, "table: no parameters");
	test_ok(mapper_read_table(&table, sizeof(table.spec) + 3, 1, &mapped) ==
		-EPROTO, "table: parameters without an end");
	table.spec.next = ~0u;
	test_ok(mapper_read_table(&table, sizeof(table), 2, &mapped) == -EPROTO,
		"table: a target beyond it");
}

static void put_file(const char *path, const char *text)
{
	FILE *to = fopen(path, "w");

	if (!to || fputs(text, to) < 0 || fclose(to))
		exit(1);
}

static void put_link(const char *to, const char *path)
{
	if (symlink(to, path))
		exit(1);
}

/* A disk of sysfs, which number it has, and which disks it is made of. */
static void put_disk(const char *name, const char *number, const char *below)
{
	char path[128], to[128];

	snprintf(path, sizeof(path), "block/%s", name);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "block/%s/slaves", name);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "block/%s/dev", name);
	put_file(path, number);
	snprintf(path, sizeof(path), "dev/block/%s", number);
	snprintf(to, sizeof(to), "../../block/%s", name);
	put_link(to, path);
	if (!below)
		return;
	snprintf(path, sizeof(path), "block/%s/slaves/%s", name,
		 strrchr(below, '/') ? strrchr(below, '/') + 1 : below);
	snprintf(to, sizeof(to), "../../%s", below);
	put_link(to, path);
}

static void put_mapped(const char *name, const char *number, const char *below)
{
	char path[128];

	put_disk(name, number, below);
	snprintf(path, sizeof(path), "block/%s/dm", name);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "block/%s/dm/name", name);
	put_file(path, "vg0-home\n");
}

/* Logical volumes on a partition, on two disks, on an array; a tower of them. */
static void make_sysfs(void)
{
	mkdir("dev", 0777);
	mkdir("dev/block", 0777);
	mkdir("block", 0777);
	put_disk("nvme0n1", "259:0", NULL);
	put_disk("nvme1n1", "259:1", NULL);
	put_disk("nvme0n1/nvme0n1p2", "259:2", NULL);
	put_file("block/nvme0n1/nvme0n1p2/partition", "2\n");
	put_mapped("dm-0", "254:0", "nvme0n1/nvme0n1p2");
	put_mapped("dm-1", "254:1", "nvme0n1");
	put_link("../../nvme1n1", "block/dm-1/slaves/nvme1n1");
	put_disk("md0", "9:0", "nvme0n1");
	mkdir("block/md0/md", 0777);
	put_disk("nvme2n1", "259:3", NULL);
	put_link("../../nvme2n1", "block/md0/slaves/nvme2n1");
	put_file("block/md0/md/level", "raid1\n");
	put_mapped("dm-2", "254:2", "md0");
	put_disk("bcache0", "252:0", "nvme0n1");
	put_mapped("dm-3", "254:3", "dm-0");
	put_mapped("dm-4", "254:4", "dm-3");
	put_mapped("dm-5", "254:5", "dm-4");
	put_mapped("dm-6", "254:6", "dm-5");
}

static struct layers layers;

/* What there is from the disk of a number down, in @layers. */
static enum layer_way ways(const char *dir, dev_t dev)
{
	struct disk disk;

	if (cli_disk_of(dir, dev, &disk))
		exit(1);
	layers_find(dir, &disk, &layers);
	return layers.nr ? layers.layer[layers.nr - 1].way : LAYER_OPEN;
}

static bool lowest_is(const char *name)
{
	return !strcmp(layers.disk.name, name);
}

static void test_open(const char *dir)
{
	one_target("linear", "259:2 2048");
	test_ok(ways(dir, makedev(259, 2)) == LAYER_OPEN && !layers.nr &&
		lowest_is("nvme0n1") && !layers_end(&layers),
		"layers: a disk of its own");
	test_ok(ways(dir, makedev(254, 0)) == LAYER_OPEN && layers.nr == 1 &&
		lowest_is("nvme0n1") && !layers_end(&layers) &&
		!strcmp(layers.layer[0].label, "vg0-home"),
		"layers: a logical volume on a partition");
	test_ok(ways(dir, makedev(254, 5)) == LAYER_OPEN && layers.nr == 4 &&
		lowest_is("nvme0n1"), "layers: four of them");
	test_ok(ways(dir, makedev(254, 6)) == LAYER_CLOSED && layers.nr == 5 &&
		layers_end(&layers) == &layers.layer[4],
		"layers: one more than the kernel looks through");
}

static void test_closed(const char *dir)
{
	one_target("linear", "259:1 0");
	test_ok(ways(dir, makedev(254, 1)) == LAYER_SPREAD &&
		layers.layer[0].nr == 2 && lowest_is("nvme1n1") &&
		!layers_end(&layers), "layers: two disks, the second one first");
	test_ok(ways(dir, makedev(9, 0)) == LAYER_SPREAD &&
		!strcmp(layers.layer[0].kind, "raid1") && lowest_is("nvme0n1"),
		"layers: an array");
	put_file("block/md0/md/level", "raid5\n");
	test_ok(ways(dir, makedev(9, 0)) == LAYER_CLOSED &&
		!strcmp(layers.layer[0].kind, "raid5") && lowest_is("md0"),
		"layers: an array of a level that λs do not look through");
	test_ok(ways(dir, makedev(254, 2)) == LAYER_CLOSED && layers.nr == 2 &&
		layers_end(&layers) == &layers.layer[1],
		"layers: a logical volume on an array");
	test_ok(ways(dir, makedev(252, 0)) == LAYER_CLOSED,
		"layers: some other disk that is made of one");
	one_target("crypt", "");
	test_ok(ways(dir, makedev(254, 0)) == LAYER_CLOSED &&
		!strcmp(layers.layer[0].kind, "crypt"), "layers: an encrypted disk");
	mapper.refuses = -EACCES;
	test_ok(ways(dir, makedev(254, 0)) == LAYER_SECRET &&
		layers_end(&layers), "layers: who is not root is not told");
	mapper.refuses = 0;
}

static void test_printed(const char *dir)
{
	static const char printed[] =
		"layer         dm-0 (vg0-home): linear on nvme0n1; λs look through it\n";
	char *said;
	size_t len;
	FILE *to = open_memstream(&said, &len);

	one_target("linear", "259:2 2048");
	ways(dir, makedev(254, 0));
	layers_print(&layers, to);
	fclose(to);
	test_ok(!strcmp(said, printed), "layers: printed");
	free(said);
}

int main(void)
{
	char dir[] = "/tmp/layers-XXXXXX", remove[64];

	test_mapper();
	test_table();
	if (!mkdtemp(dir) || chdir(dir))
		exit(1);
	make_sysfs();
	test_open(dir);
	test_closed(dir);
	test_printed(dir);
	snprintf(remove, sizeof(remove), "rm -rf %s", dir);
	test_ok(!system(remove), "cleaned up");
	return test_done();
}
