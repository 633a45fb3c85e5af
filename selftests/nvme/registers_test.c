// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function level reset puts the drive's registers back to what they were at
 * power on. The kernel's driver, which would set them anew at once, lets go of
 * the drive meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "csd.h"
#include "fw_nvme.h"

#define DEVICE	"/sys/class/nvme/nvme0/device"
#define DRIVER	"/sys/bus/pci/drivers/nvme/"

static char device[PATH_MAX];
static __u32 *bar;

/* Registers that a host writes, with values that it might. */
static const struct {
	unsigned int at;
	__u32 value;
} written[] = {
	{ FW_REG_INTMS, 0x5 },
	{ FW_REG_AQA, 0x1f001f },
	{ FW_REG_ASQ, 0x1000 },
	{ FW_REG_ASQ_HIGH, 0x2 },
	{ FW_REG_ACQ, 0x3000 },
	{ FW_REG_ACQ_HIGH, 0x4 },
};

static void tell(const char *dir, const char *name, const char *word)
{
	char path[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, word, strlen(word)) < 0)
		csd_bail_out(path);
	close(fd);
}

static const char *address(void)
{
	return strrchr(device, '/') + 1;
}

static void map(void)
{
	char path[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/resource0", device);
	fd = open(path, O_RDWR);
	bar = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || bar == MAP_FAILED)
		csd_bail_out(path);
	close(fd);
}

static __u32 get(unsigned int at)
{
	return __atomic_load_n(&bar[at / 4], __ATOMIC_SEQ_CST);
}

static void set(unsigned int at, __u32 value)
{
	__atomic_store_n(&bar[at / 4], value, __ATOMIC_RELEASE);
}

static void write_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(written); i++)
		set(written[i].at, written[i].value);
}

/* Each register has what was written to it, or what it had at first. */
static bool all_are(bool first)
{
	bool good = true;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(written); i++) {
		__u32 got = get(written[i].at);

		if (got == (first ? 0 : written[i].value))
			continue;
		printf("# register %#x is %#x\n", written[i].at, got);
		good = false;
	}
	return good;
}

static bool write_and_read(void)
{
	write_all();
	return all_are(false);
}

static bool reset_after_writes(void)
{
	tell(device, "reset", "1");
	return all_are(true);
}

static bool reset_when_enabled(void)
{
	bool ready;

	write_all();
	set(FW_REG_CC, FW_CC_EN);
	ready = get(FW_REG_CSTS) == FW_CSTS_RDY;
	tell(device, "reset", "1");
	return ready && !get(FW_REG_CC) && !get(FW_REG_CSTS) &&
	       all_are(true);
}

/* As if nothing had been. */
static bool driver_comes_back(void)
{
	unsigned int try;

	tell(DRIVER, "bind", address());
	for (try = 0; try < 100 && access(DISK, F_OK); try++)
		usleep(100000);
	return !access(DISK, F_OK);
}

#define TEST(name) { #name, name }

static const struct {
	const char *name;
	bool (*run)(void);
} tests[] = {
	TEST(write_and_read),
	TEST(reset_after_writes),
	TEST(reset_when_enabled),
	TEST(driver_comes_back),
};

int main(void)
{
	size_t n = ARRAY_SIZE(tests), i;
	int failed = 0;
	bool ok;

	if (!realpath(DEVICE, device))
		csd_bail_out(DEVICE);
	tell(DRIVER, "unbind", address());
	tell(device, "enable", "1");
	map();
	printf("TAP version 13\n1..%zu\n", n);
	for (i = 0; i < n; i++) {
		ok = tests[i].run();
		printf("%sok %zu - %s\n", ok ? "" : "not ", i + 1,
		       tests[i].name);
		failed |= !ok;
	}
	return failed;
}
