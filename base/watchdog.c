/* SPDX-License-Identifier: Apache-2.0 */
#include "base/watchdog.h"

#include <stddef.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/service.h"
#include "base/span.h"

/* How long silence may last, or 0. */
static uint64_t patience_ns(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t us;

	if (pid && strtol(pid, NULL, 10) != getpid())
		return 0;
	if (!span_to_u64(span_from_string(getenv("WATCHDOG_USEC")), &us) ||
	    us > UINT64_MAX / NS_PER_US)
		return 0;
	return us * NS_PER_US;
}

static int watchdog_say(struct loop_timer *t)
{
	struct watchdog *w = (struct watchdog *)((char *)t - offsetof(struct watchdog, timer));

	service_notify(w->notify_fd, "WATCHDOG=1");
	loop_arm(w->loop, &w->timer, clock_boottime_ns() + w->every_ns);
	return 0;
}

void watchdog_start(struct watchdog *w, struct loop *l, int notify_fd)
{
	*w = (struct watchdog){
		.timer.expired = watchdog_say,
		.loop = l,
		.notify_fd = notify_fd,
		.every_ns = patience_ns() / 2,
	};
	if (w->every_ns && notify_fd >= 0)
		(void)watchdog_say(&w->timer);
}
