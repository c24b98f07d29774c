/* SPDX-License-Identifier: Apache-2.0 */

/* coffer-stored: owns the data, and does what grants say. */

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/service.h"
#include "base/watchdog.h"
#include "stored/operator.h"
#include "stored/options.h"
#include "stored/service.h"
#include "stored/worker.h"

struct stored {
	struct options options;
	struct service_sockets sockets;
	int notify_fd;
	struct confine confine;
	struct store *store;
	struct service service;
	struct loop_source signals;
	struct watchdog watchdog;
	struct task flush_failed;
	int status;
};

static struct stored stored;

/* --- ending ---------------------------------------------------------------------------------- */

static int on_signal(struct loop_source *s, uint32_t events)
{
	struct signalfd_siginfo info;

	if (read(s->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		log_info("stopping signal=%u", info.ssi_signo);
	loop_stop(&stored.service.loop);
	return 0;
}

static int watch_signals(void)
{
	struct loop_source *s = &stored.signals;
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->ready = on_signal;
	return s->fd < 0 ? -errno : loop_add(&stored.service.loop, s, EPOLLIN);
}

static void on_flush_failed(struct task *t)
{
	stored.status = 1;
	loop_stop(&stored.service.loop);
}

/*
 * On a thread of the store's. What the disk has of that catalog nobody knows, and the kernel may
 * have marked pages clean that it could not write: only a new process reads them from the disk
 * again.
 */
static void flush_failed(void *context, const struct ipc_id *tenant)
{
	static _Atomic bool told;
	char id[IPC_ID_TEXT_SIZE];

	log_error("flush-failed tenant=%s action=restart", ipc_id_text(tenant, id));
	/* Before there is a loop, whoever opens the store hears of it. */
	if (stored.service.mailbox.source.loop && !atomic_exchange(&told, true))
		mailbox_post(&stored.service.mailbox, &stored.flush_failed);
}

/* --- starting -------------------------------------------------------------------------------- */

static int drop_ids(void)
{
	const struct options *o = &stored.options;
	struct confine *c = &stored.confine;

	*c = CONFINE_INIT(PROCESS_STORED);
	c->mode = o->confine;
	c->uid = o->uid;
	c->gid = o->gid;
	c->directory = o->data_dir;
	return confine_drop(c);
}

/* As far as this process can know: by the uid it has now. */
static void find_shared_uid(void)
{
	uid_t own = geteuid();

	stored.confine.shares_uid =
		own == stored.options.frontend_uid || own == stored.options.authd_uid;
}

static int open_store(void)
{
	struct store_config config = {
		.data_dir = stored.options.data_dir,
		.durability = stored.options.durability,
		.uploads_expire_ns = stored.options.uploads_expire_ns,
		.failed = flush_failed,
	};

	return store_open(&config, &stored.store);
}

static int open_service(void)
{
	const struct options *o = &stored.options;
	struct service_config config = {
		.authd_path = o->authd_path,
		.frontend_uid = o->frontend_uid,
		.admins = o->admins,
		.inline_limit = o->inline_limit,
		.recall_bytes = o->object_memory,
		.region = o->region ? o->region : OPTIONS_REGION,
		.region_pinned = o->region != NULL,
	};
	int r = service_init(&stored.service, &config, stored.store);

	stored.flush_failed.run = on_flush_failed;
	if (r == 0)
		r = watch_signals();
	if (r < 0)
		return r;
	stored.notify_fd = service_notify_open();
	return stored.notify_fd < 0 && stored.notify_fd != -ENOENT ? stored.notify_fd : 0;
}

static int open_door(struct door *d, const struct session_role *role, const char *socket)
{
	int fd = service_socket(&stored.sockets, socket);

	if (fd >= 0)
		return door_open(d, &stored.service, role, fd);
	log_error("socket-missing name=%s", socket);
	return -ENOTCONN;
}

static int open_channels(void)
{
	struct service *s = &stored.service;
	int r;

	sessions_open(&s->sessions, s);
	r = open_door(&s->workers, &worker_role, "frontend");
	if (r == 0)
		r = open_door(&s->operators, &operator_role, "operator");
	return r == 0 ? authority_open(&s->authority, s) : r;
}

static int enclose(void)
{
	return confine_enclose(&stored.confine);
}

static int start_threads(void)
{
	return service_start(&stored.service);
}

static int filter(void)
{
	return confine_filter(&stored.confine);
}

static int take_sockets(void)
{
	return service_take_sockets(&stored.sockets);
}

/* The order of policy/confine.h. Each step has a name, so that what failed can be said. */
static const struct {
	const char *name;
	int (*take)(void);
} steps[] = {
	{ "take-sockets", take_sockets },
	{ "drop-ids", drop_ids },
	{ "open-store", open_store },
	{ "open-service", open_service },
	{ "enclose", enclose },
	{ "start-threads", start_threads },
	{ "filter", filter },
	{ "open-channels", open_channels },
};

static int start(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int r = steps[i].take();

		if (r == 0)
			continue;
		log_error("start-failed step=%s errno=%d missing=%s", steps[i].name, -r,
			  LOG_VALUE(span_from_string(confine_missing(&stored.confine))));
		return r;
	}
	return 0;
}

static void say_ready(void)
{
	const char *missing = confine_missing(&stored.confine);

	find_shared_uid();
	stored.service.figures.confinement = confine_grade_name(confine_grade(&stored.confine));
	stored.service.figures.landlock_abi = stored.confine.landlock_abi;
	if (*missing)
		log_warning("confinement-degraded missing=%s",
			    LOG_VALUE(span_from_string(missing)));
	if (stored.options.durability == DURABILITY_RELAXED)
		log_warning("durability-relaxed a power cut may undo what was acknowledged");
	log_info("ready version=%s confinement=%s inline_limit=%u durability=%s", COFFER_VERSION,
		 stored.service.figures.confinement, stored.options.inline_limit,
		 stored.options.durability == DURABILITY_RELAXED ? "relaxed" : "full");
	service_notify(stored.notify_fd, "READY=1");
	watchdog_start(&stored.watchdog, &stored.service.loop, stored.notify_fd);
}

static int run(void)
{
	int r = 0;

	while (r >= 0 && !stored.service.loop.stopping)
		r = service_step(&stored.service, -1);
	service_notify(stored.notify_fd, "STOPPING=1");
	service_stop(&stored.service);
	stored.store = store_close(stored.store);
	service_clear(&stored.service);
	log_info("stopped");
	return r;
}

int main(int argc, char **argv)
{
	int r;

	log_init("coffer-stored", LOG_LEVEL_INFO);
	if (!options_parse(argc, argv, &stored.options))
		return SERVICE_EXIT_WRONG;
	log_info("starting version=%s data=%s", COFFER_VERSION,
		 LOG_VALUE(span_from_string(stored.options.data_dir)));
	if (start() < 0)
		return 1;
	say_ready();
	r = run();
	if (r < 0)
		log_error("loop-failed errno=%d", -r);
	return r < 0 ? 1 : stored.status;
}
