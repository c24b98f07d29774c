/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/parent.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "frontend/dialect.h"
#include "frontend/worker.h"

static const int stop_signals[] = { SIGTERM, SIGINT };

/* --- in a worker's process --------------------------------------------------------------- */

/* What the parent has open is not a worker's to keep, above all not the others' lines. */
static void leave_parent(struct parent *p)
{
	for (unsigned int i = 0; i < p->n_children; i++)
		child_forget(&p->children[i]);
	p->signals.fd = fd_close(p->signals.fd);
	p->notify_fd = fd_close(p->notify_fd);
	p->loop.epoll_fd = fd_close(p->loop.epoll_fd);
}

static int serve(void *context, unsigned int slot, int line_fd)
{
	static const uint32_t deadlines[DEADLINE_COUNT] = DEADLINES_DEFAULT;
	static struct worker w;
	struct parent *p = context;
	struct worker_config config = {
		.listeners = p->listeners,
		.n_listeners = p->n_listeners,
		.line_fd = line_fd,
		.domains = p->options->domains,
		.board = &p->board,
		.slot = slot,
		.admission = &p->options->metrics,
		.access = p->options->access_log,
		.confinement = confine_grade_name(confine_grade(p->confine)),
		.landlock_abi = p->confine->landlock_abi,
	};
	int r;

	leave_parent(p);
	meter_add(&board_parent(&p->board)->worker_starts, 1);
	board_keep(&p->board, slot);
	memcpy(config.deadlines_ms, deadlines, sizeof(deadlines));
	r = worker_init(&w, &config);
	if (r == 0)
		r = worker_take_signals(&w);
	if (r == 0)
		r = confine_worker(p->confine);
	if (r == 0)
		r = worker_run(&w);
	if (r < 0)
		log_error("worker-failed error=%s", strerrorname_np(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* --- ready ------------------------------------------------------------------------------- */

static void parent_become_ready(struct parent *p)
{
	if (p->is_ready)
		return;
	p->is_ready = true;
	loop_disarm(&p->ready_timer);
	log_info("ready version=%s confinement=%s workers=%u", COFFER_VERSION,
		 confine_grade_name(confine_grade(p->confine)), p->n_children);
	service_notify(p->notify_fd, "READY=1");
	watchdog_start(&p->watchdog, &p->loop, p->notify_fd);
}

static void child_is_ready(void *context)
{
	struct parent *p = context;

	if (++p->n_ready >= p->n_children)
		parent_become_ready(p);
}

/* authd or stored is not there yet: requests hear 503 until it is. */
static int ready_anyway(struct loop_timer *t)
{
	struct parent *p = (struct parent *)((char *)t - offsetof(struct parent, ready_timer));

	log_warning("workers-waiting ready=%u of=%u", p->n_ready, p->n_children);
	parent_become_ready(p);
	return 0;
}

/* --- the end ----------------------------------------------------------------------------- */

static void signal_children(struct parent *p, int number)
{
	for (unsigned int i = 0; i < p->n_children; i++)
		if (p->children[i].pid)
			kill(p->children[i].pid, number);
}

static bool has_children(const struct parent *p)
{
	for (unsigned int i = 0; i < p->n_children; i++)
		if (p->children[i].pid)
			return true;
	return false;
}

static int stop_hard(struct loop_timer *t)
{
	struct parent *p = (struct parent *)((char *)t - offsetof(struct parent, stop_timer));

	log_warning("workers-killed");
	signal_children(p, SIGKILL);
	return 0;
}

static void parent_stop(struct parent *p)
{
	if (p->stopping)
		return;
	p->stopping = true;
	log_info("stopping");
	service_notify(p->notify_fd, "STOPPING=1");
	for (unsigned int i = 0; i < p->n_children; i++)
		loop_disarm(&p->children[i].restart);
	signal_children(p, SIGTERM);
	loop_arm(&p->loop, &p->stop_timer, clock_boottime_ns() + PARENT_STOP_MS * NS_PER_MS);
	if (!has_children(p))
		loop_stop(&p->loop);
}

static void log_worker_end(pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		log_error("worker-ended pid=%d signal=%s", pid, sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		log_error("worker-ended pid=%d status=%d", pid, WEXITSTATUS(status));
	else
		log_info("worker-ended pid=%d status=0", pid);
}

/* One signal may stand for several children. */
static int reap(struct parent *p)
{
	int status, r = 0;

	for (unsigned int i = 0; i < p->n_children && r == 0; i++) {
		struct child *c = &p->children[i];

		if (!c->pid || waitpid(c->pid, &status, WNOHANG) != c->pid)
			continue;
		log_worker_end(c->pid, status);
		counts_vacate(board_slot(&p->board, i));
		r = child_ended(c, !p->stopping);
	}
	if (p->stopping && !has_children(p))
		loop_stop(&p->loop);
	return r;
}

static int signals_ready(struct loop_source *s, uint32_t events)
{
	struct parent *p = (struct parent *)((char *)s - offsetof(struct parent, signals));
	struct signalfd_siginfo info;

	if (read(s->fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	if (info.ssi_signo == SIGCHLD)
		return reap(p);
	parent_stop(p);
	return 0;
}

/* --- the listening sockets --------------------------------------------------------------- */

static const char *door_name(const struct listener *l)
{
	return l->metrics ? "metrics" : dialects[l->dialect].socket;
}

static int require_dialect(const struct parent *p)
{
	for (int i = 0; i < p->n_listeners; i++)
		if (!p->listeners[i].metrics)
			return 0;
	log_error("socket-missing names=s3,rest");
	return -ENOENT;
}

static void log_lost_door(const struct listener *l)
{
	log_error("listening-socket-lost name=%s hint=\"it has been shut down, for good: restart "
		  "coffer-%s.socket and coffer-frontend in one command, or `coffer up`\"",
		  door_name(l), door_name(l));
}

/* Workers to come know nothing of it. The descriptor stays open, as it came. */
static int give_up_door(struct parent *p, int fd)
{
	int kept = 0;

	for (int i = 0; i < p->n_listeners; i++) {
		if (p->listeners[i].fd == fd)
			log_lost_door(&p->listeners[i]);
		else
			p->listeners[kept++] = p->listeners[i];
	}
	p->n_listeners = kept;
	return require_dialect(p);
}

/*
 * Workers share the listening sockets, and no filter can tell these from the connections that a
 * worker may shut down. One that is somebody else's by now could so close the doors for everybody,
 * and for longer than it lives. No sound worker does that, and which of them it was nobody can say:
 * so all are replaced. A TCP socket listens again when it is told to, with none of what was done to
 * it. A UNIX socket stays shut whatever it is told.
 */
static int door_is_shut(struct loop_source *s, uint32_t events)
{
	struct guard *g = (struct guard *)((char *)s - offsetof(struct guard, source));

	log_error("worker-violation fault=listening-socket-shut-down");
	signal_children(g->parent, SIGKILL);
	if (!g->is_local)
		return listen(s->fd, SOMAXCONN) < 0 ? -errno : 0;
	loop_remove(s);
	return give_up_door(g->parent, s->fd);
}

static bool is_local(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	return getsockname(fd, (struct sockaddr *)&a, &len) == 0 && a.ss_family == AF_UNIX;
}

/* As a frontend before this one may have left it: the service manager keeps it as it is. */
static bool is_lost(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return is_local(fd) && poll(&p, 1, 0) > 0;
}

/* Metrics name tenants: over TCP they are for nobody, unless there is a token to know him by. */
static int check_metrics(const struct parent *p, const struct listener *l)
{
	if (l->is_local || p->options->metrics.has_token)
		return PARENT_OK;
	log_error("metrics-token-missing hint=\"a TCP listener for metrics needs "
		  "--metrics-token-sha256\"");
	return PARENT_WRONG;
}

/* What is called by no name of ours is not ours. */
static int take_listener(struct parent *p, const char *name, int fd)
{
	struct listener l = { .fd = fd, .metrics = strcmp(name, "metrics") == 0 };
	int r;

	if (!l.metrics && !dialect_of_socket(name, &l.dialect))
		return PARENT_OK;
	l.is_local = l.metrics && is_local(fd);
	r = l.metrics ? check_metrics(p, &l) : PARENT_OK;
	if (r != PARENT_OK)
		return r;
	if (is_lost(fd))
		log_lost_door(&l);
	else
		p->listeners[p->n_listeners++] = l;
	return PARENT_OK;
}

static int take_listeners(struct parent *p, const struct service_sockets *sockets)
{
	int r = PARENT_OK;

	for (int i = 0; i < sockets->n && r == PARENT_OK; i++)
		r = take_listener(p, sockets->names[i], sockets->fds[i]);
	return r != PARENT_OK ? r : require_dialect(p);
}

/*
 * That nobody listens any more is an event that comes unasked. Of a UNIX socket it does so only
 * where both its sides are shut; but the one that reads is enough to turn everybody away.
 */
static int guard_doors(struct parent *p)
{
	int r = 0;

	for (int i = 0; i < p->n_listeners && r == 0; i++) {
		struct guard *g = &p->guards[i];

		*g = (struct guard){
			.source = { .fd = p->listeners[i].fd, .ready = door_is_shut },
			.parent = p,
			.is_local = is_local(p->listeners[i].fd),
		};
		r = loop_add(&p->loop, &g->source, g->is_local ? EPOLLRDHUP : 0);
	}
	return r;
}

/* --- life -------------------------------------------------------------------------------- */

static int take_signals(struct parent *p)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < ARRAY_SIZE(stop_signals); i++)
		sigaddset(&set, stop_signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	p->signals = (struct loop_source){ .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
					   .ready = signals_ready };
	if (p->signals.fd < 0)
		return -errno;
	return loop_add(&p->loop, &p->signals, EPOLLIN);
}

static unsigned int count_processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : CPU_COUNT(&set);

	return (unsigned int)MIN(MAX(n, 1), OPTIONS_WORKERS_MAX);
}

static int prepare_children(struct parent *p)
{
	struct child_config config = {
		.loop = &p->loop,
		.authd = p->options->authd,
		.stored = p->options->stored,
		.serve = serve,
		.ready = child_is_ready,
		.context = p,
	};

	p->n_children = p->options->workers ? p->options->workers : count_processors();
	for (; config.slot < p->n_children; config.slot++)
		child_init(&p->children[config.slot], &config);
	return board_open(&p->board, p->n_children);
}

int parent_init(struct parent *p, const struct options *options, struct confine *confine,
		const struct service_sockets *sockets)
{
	int r;

	*p = (struct parent){ .options = options,
			      .confine = confine,
			      .notify_fd = -1,
			      .ready_timer.expired = ready_anyway,
			      .stop_timer.expired = stop_hard };
	r = take_listeners(p, sockets);
	if (r != PARENT_OK)
		return r;
	r = loop_init(&p->loop);
	if (r < 0)
		return r;
	r = take_signals(p);
	if (r == 0)
		r = guard_doors(p);
	if (r < 0)
		return r;
	r = prepare_children(p);
	if (r < 0)
		return r;
	p->notify_fd = service_notify_open();
	return p->notify_fd < 0 && p->notify_fd != -ENOENT ? p->notify_fd : 0;
}

int parent_run(struct parent *p)
{
	int r = 0;

	loop_arm(&p->loop, &p->ready_timer, clock_boottime_ns() + PARENT_READY_MS * NS_PER_MS);
	for (unsigned int i = 0; i < p->n_children && r == 0; i++)
		r = child_start(&p->children[i]);
	if (r == 0)
		r = loop_run(&p->loop);
	if (r < 0)
		signal_children(p, SIGKILL);
	return r;
}
