/* SPDX-License-Identifier: Apache-2.0 */
#include "client/top/screen.h"

#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

/* ECMA-48, and of xterm the other screen. */
#define OTHER_SCREEN   "\033[?1049h"
#define USUAL_SCREEN   "\033[?1049l"
#define HIDE_CURSOR    "\033[?25l"
#define SHOW_CURSOR    "\033[?25h"
#define FROM_THE_TOP   "\033[H"
#define ERASE_TO_END   "\033[J"
#define LINES_AT_LEAST 10
#define LINES_USUAL    24

void screen_open(struct screen *s)
{
	struct termios t;

	*s = (struct screen){ .is_open = true };
	s->has_keys = tcgetattr(STDIN_FILENO, &s->before) == 0;
	if (s->has_keys) {
		t = s->before;
		t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		/* It would leave the shell with our screen. */
		t.c_cc[VSUSP] = _POSIX_VDISABLE;
		tcsetattr(STDIN_FILENO, TCSANOW, &t);
	}
	fputs(OTHER_SCREEN HIDE_CURSOR, stdout);
	fflush(stdout);
}

void screen_close(struct screen *s)
{
	if (!s->is_open)
		return;
	fputs(SHOW_CURSOR USUAL_SCREEN, stdout);
	fflush(stdout);
	if (s->has_keys)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &s->before);
	s->is_open = false;
}

size_t screen_begin(void)
{
	struct winsize size;

	fputs(FROM_THE_TOP ERASE_TO_END, stdout);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row)
		return LINES_USUAL;
	return MAX((size_t)size.ws_row, (size_t)LINES_AT_LEAST);
}

void screen_end(void)
{
	fflush(stdout);
}

/* q, also in capitals, and Ctrl-D; nobody at the other end is as good. */
static bool is_enough(void)
{
	char key;

	return read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q' || key == 4;
}

bool screen_wait(const struct screen *s, uint64_t ns, const volatile sig_atomic_t *stop)
{
	struct pollfd keys = { .fd = s->has_keys ? STDIN_FILENO : -1, .events = POLLIN };
	uint64_t now_ns = clock_boottime_ns(), until_ns = now_ns + ns;

	for (; now_ns < until_ns && !*stop; now_ns = clock_boottime_ns()) {
		int ms = (int)((until_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS);

		if (poll(&keys, 1, ms) > 0 && is_enough())
			return true;
	}
	return *stop;
}
