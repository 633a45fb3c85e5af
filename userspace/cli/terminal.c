// SPDX-License-Identifier: GPL-2.0-only
/*
 * The terminal: keys, screen and size. What is changed of it is changed back
 * whenever it is somebody else's turn, and nothing of it is touched then.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"
#include "terminal.h"

/* Another screen without a cursor, and back. */
#define SCREEN_BEGIN	"\033[?1049h\033[?25l"
#define SCREEN_END	"\033[?25h\033[?1049l"

/* Seconds to wait at once, in the background and otherwise. */
#define BEHIND		0.5
#define LONG		3600.0

/*
 * @screen and @keys: what is wanted of the terminal; @taken: it is as that
 * takes it, and was @before; @deaf: there will be no more keys.
 */
static struct {
	bool screen, keys, taken, deaf;
	struct termios before;
} terminal;

bool terminal_is_dumb(void)
{
	const char *term = getenv("TERM");

	return !term || !*term || !strcmp(term, "dumb");
}

/* What it cannot show is no news to whom it cannot show it. */
static void terminal_put(const char *text)
{
	if (write_whole(STDOUT_FILENO, text, strlen(text)))
		return;
}

static bool terminal_is_in_front(void)
{
	return tcgetpgrp(STDOUT_FILENO) == getpgrp();
}

/* Signals are typed as before. */
static void terminal_take_keys(void)
{
	struct termios now = terminal.before;

	now.c_lflag &= ~(ICANON | ECHO);
	now.c_cc[VMIN] = 1;
	now.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

static void terminal_take(void)
{
	if (!terminal_is_in_front())
		return;
	if (terminal.keys) {
		if (!terminal.taken)
			tcgetattr(STDIN_FILENO, &terminal.before);
		terminal_take_keys();
	}
	if (terminal.screen)
		terminal_put(SCREEN_BEGIN);
	terminal.taken = true;
}

static void terminal_give_back(void)
{
	if (!terminal.taken)
		return;
	if (terminal.screen)
		terminal_put(SCREEN_END);
	if (terminal.keys && terminal_is_in_front())
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
	terminal.taken = false;
}

bool terminal_open(bool screen)
{
	bool out = isatty(STDOUT_FILENO);

	terminal.screen = screen && out && !terminal_is_dumb();
	terminal.keys = out && isatty(STDIN_FILENO);
	if (out) {
		cli_signals_catch_terminal();
		terminal_take();
	}
	return terminal.screen;
}

void terminal_close(void)
{
	terminal_give_back();
	terminal.screen = false;
	terminal.keys = false;
}

/* A number that the environment has, else @size, else @usual. */
static unsigned int terminal_size_from(const char *name, unsigned int size,
				       unsigned int usual)
{
	unsigned long long told;
	const char *text = getenv(name);

	if (text && cli_number_parse(text, INT_MAX, &told) && told)
		return told;
	return size ?: usual;
}

static struct winsize terminal_real_size(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		memset(&size, 0, sizeof(size));
	return size;
}

void terminal_page(struct page *page)
{
	const char *plain = getenv("NO_COLOR");

	memset(page, 0, sizeof(*page));
	page->to = stdout;
	if (!isatty(STDOUT_FILENO))
		return;
	page->room =
		terminal_size_from("COLUMNS", terminal_real_size().ws_col, 80);
	page->bold = !terminal_is_dumb() && !(plain && *plain);
}

static unsigned int terminal_count_lines(const char *text)
{
	unsigned int count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/*
 * What stands on a line is erased before the new text is written: behind one that
 * fills the line terminals are still in its last column, and would erase that.
 */
static void terminal_begin_line(unsigned int line, bool last)
{
	fprintf(stdout, "%s\033[%c", line ? "\n" : "", last ? 'J' : 'K');
}

/* How much there was no room for, in the last line, with what room that has. */
static void terminal_show_rest(unsigned int line, unsigned int count)
{
	struct page page;
	char text[32];

	terminal_page(&page);
	snprintf(text, sizeof(text), "(%u more lines)", count);
	terminal_begin_line(line, true);
	fprintf(stdout, "%.*s", (int)page.room, text);
}

void terminal_show(const char *text)
{
	unsigned int rows =
		terminal_size_from("LINES", terminal_real_size().ws_row, 24);
	unsigned int lines = terminal_count_lines(text), i, shown = lines;

	if (!terminal.taken)
		return;
	if (lines > rows)
		shown = rows - 1;
	fputs("\033[H", stdout);
	for (i = 0; i < shown; i++) {
		int len = strcspn(text, "\n");

		terminal_begin_line(i, i + 1 == lines);
		fprintf(stdout, "%.*s", len, text);
		text += len + 1;
	}
	if (shown < lines)
		terminal_show_rest(shown, lines - shown);
	fputs("\033[H", stdout);
}

/* Whether a key that has been typed ends the command. */
static bool terminal_key_ends(void)
{
	char keys[64];
	ssize_t got = read(STDIN_FILENO, keys, sizeof(keys));

	if (got <= 0)
		terminal.deaf = true;
	return got > 0 && (memchr(keys, 'q', got) || memchr(keys, 'Q', got));
}

/* Whether something is wanted of a terminal that was not to be had yet. */
static bool terminal_is_behind(void)
{
	return (terminal.screen || terminal.keys) && !terminal.taken;
}

/* Returns whether what is shown is to be shown anew. */
static bool terminal_obey_signals(void)
{
	unsigned int seen = cli_signals_terminal_seen();

	if (seen & TERMINAL_STOP) {
		terminal_give_back();
		cli_signals_stop_here();
		seen = cli_signals_terminal_seen() | TERMINAL_RESUMED;
	}
	/* A shell says nothing to what it lets come to the front. */
	if (seen & TERMINAL_RESUMED ||
	    (terminal_is_behind() && terminal_is_in_front())) {
		terminal_take();
		return true;
	}
	return seen;
}

static double terminal_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/*
 * What is left of the time until @end, for ppoll(), but not more than what is
 * between two looks at a terminal.
 */
static struct timespec terminal_left_until(double end)
{
	double left = end - terminal_now();
	struct timespec ts = { 0 };

	if (left <= 0)
		return ts;
	if (left > (terminal_is_behind() ? BEHIND : LONG))
		left = terminal_is_behind() ? BEHIND : LONG;
	ts.tv_sec = left;
	ts.tv_nsec = (left - ts.tv_sec) * 1e9;
	return ts;
}

int terminal_wait(int fd, const struct timespec *timeout)
{
	double end = timeout ? terminal_now() + timeout->tv_sec +
				       timeout->tv_nsec / 1e9 :
			       INFINITY;

	for (;;) {
		bool keys = terminal.keys && terminal.taken && !terminal.deaf;
		struct pollfd fds[] = {
			{ .fd = fd, .events = POLLIN },
			{ .fd = keys ? STDIN_FILENO : -1, .events = POLLIN },
		};
		struct timespec left;
		int ret;

		if (!cli_signals_interrupted() && terminal_obey_signals())
			return -EAGAIN;
		left = terminal_left_until(end);
		ret = cli_signals_wait_for(fds, 2, &left);
		if (ret < 0 && (ret != -EINTR || cli_signals_interrupted()))
			return ret;
		if (ret > 0 && fds[1].revents && terminal_key_ends())
			return -EINTR;
		if (ret > 0 && fds[0].revents)
			return 1;
		if (terminal_now() >= end)
			return 0;
	}
}
