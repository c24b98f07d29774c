/* SPDX-License-Identifier: Apache-2.0 */

/* coffer-authd: who is it, may he. The order at start is that of policy/confine.h. */

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "authd/authd.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/service.h"
#include "base/watchdog.h"

struct program {
	struct options options;
	struct service_sockets sockets;
	struct confine confine;
	int notify_fd;
	uint8_t *master;	/* the keyring key, until the keyring has it */
	struct authd authd;
	struct loop_source signals;
	struct watchdog watchdog;
};

static int fail(const char *what, int error)
{
	log_error("start-failed step=%s error=%s", what, strerrorname_np(-error));
	return error;
}

static int drop(struct program *p)
{
	struct confine *c = &p->confine;
	int r;

	*c = CONFINE_INIT(PROCESS_AUTHD);
	c->mode = p->options.confine;
	c->uid = p->options.uid;
	c->gid = p->options.gid;
	c->directory = p->options.state;
	r = confine_drop(c);
	if (r < 0)
		return fail("drop", r);
	c->shares_uid = geteuid() == p->options.frontend_uid || geteuid() == p->options.stored_uid;
	return 0;
}

/* 32 bytes, neither more nor less, straight into guarded memory. */
static int read_master(struct program *p)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	_cleanup_(fd_closep) int fd = -1;
	char path[4096], surplus;
	int r;

	if (!directory ||
	    (size_t)snprintf(path, sizeof(path), "%s/keyring-key", directory) >= sizeof(path))
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	p->master = sodium_malloc(KEYRING_MASTER_LEN);
	if (!p->master)
		return -ENOMEM;
	r = fd_pread_all(fd, p->master, KEYRING_MASTER_LEN, 0);
	if (r < 0)
		return r;
	return pread(fd, &surplus, 1, KEYRING_MASTER_LEN) == 0 ? 0 : -EBADMSG;
}

static int stop(struct loop_source *s, uint32_t events)
{
	struct program *p = (struct program *)((char *)s - offsetof(struct program, signals));

	loop_stop(&p->authd.loop);
	return 0;
}

/* Signals become events; blocked before there are threads, they are nobody's else. */
static int take_signals(struct program *p)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	p->signals.ready = stop;
	p->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (p->signals.fd < 0)
		return -errno;
	return loop_add(&p->authd.loop, &p->signals, EPOLLIN);
}

static int open_all(struct program *p)
{
	int r;

	r = read_master(p);
	if (r < 0)
		return fail("keyring-key", r);
	r = authd_open(&p->authd, &p->options, p->master);
	sodium_free(p->master);
	p->master = NULL;
	if (r < 0)
		return fail("open", r);
	r = take_signals(p);
	if (r < 0)
		return fail("signals", r);
	p->notify_fd = service_notify_open();
	if (p->notify_fd < 0 && p->notify_fd != -ENOENT)
		return fail("notify", p->notify_fd);
	return 0;
}

/* Takes a named socket out of those passed in. */
static int take_socket(struct program *p, const char *name)
{
	int fd = service_socket(&p->sockets, name);

	if (fd < 0)
		log_error("socket-missing name=%s", name);
	return fd;
}

static int start_all(struct program *p)
{
	int frontend = take_socket(p, "frontend"), stored = take_socket(p, "stored"),
	    admin = take_socket(p, "admin"), r;

	if (frontend < 0 || stored < 0 || admin < 0)
		return fail("sockets", -ENOENT);
	r = confine_enclose(&p->confine);
	if (r < 0)
		return fail("enclose", r);
	r = authd_start(&p->authd, frontend, stored, admin);
	if (r < 0)
		return fail("start", r);
	r = confine_filter(&p->confine);
	return r < 0 ? fail("filter", r) : 0;
}

static void tell_ready(struct program *p)
{
	const char *missing = confine_missing(&p->confine);

	p->authd.confinement = confine_grade_name(confine_grade(&p->confine));
	p->authd.landlock_abi = p->confine.landlock_abi;
	if (*missing)
		log_warning("confinement-degraded missing=%s",
			    LOG_VALUE(span_from_string(missing)));
	log_info("ready version=%s confinement=%s tenants=%zu keys=%zu tokens=%zu", COFFER_VERSION,
		 p->authd.confinement, keyring_tenant_count(p->authd.keyring),
		 keyring_key_count(p->authd.keyring),
		 tokens_count(keyring_tokens(p->authd.keyring)));
	service_notify(p->notify_fd, "READY=1");
	watchdog_start(&p->watchdog, &p->authd.loop, p->notify_fd);
}

static int serve(struct program *p)
{
	int r = 0;

	while (r >= 0 && !p->authd.loop.stopping && !writer_has_failed(p->authd.writer))
		r = authd_step(&p->authd, -1);
	service_notify(p->notify_fd, "STOPPING=1");
	if (r >= 0 && writer_has_failed(p->authd.writer)) {
		log_error("write-failed path=%s action=restart",
			  LOG_VALUE(span_from_string(p->options.state)));
		return -EIO;
	}
	if (r < 0)
		log_error("loop-failed error=%s", strerrorname_np(-r));
	else
		log_info("stopping");
	return r;
}

static int run(struct program *p)
{
	int r;

	r = drop(p);
	if (r >= 0)
		r = open_all(p);
	if (r >= 0)
		r = start_all(p);
	if (r < 0)
		return r;
	tell_ready(p);
	return serve(p);
}

int main(int argc, char **argv)
{
	static struct program p = { .notify_fd = -1, .signals.fd = -1, .authd.loop.epoll_fd = -1 };
	int r;

	log_init("coffer-authd", LOG_LEVEL_INFO);
	switch ((enum options_outcome)options_parse(argc, argv, &p.options)) {
	case OPTIONS_OK:
		break;
	case OPTIONS_HELP:
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		return SERVICE_EXIT_WRONG;
	}
	r = service_take_sockets(&p.sockets);
	if (r < 0)
		fail("sockets", r);
	else if (sodium_init() < 0)
		r = fail("libsodium", -ENOSYS);
	else
		r = run(&p);
	loop_remove(&p.signals);
	authd_close(&p.authd);
	fd_close(p.signals.fd);
	fd_close(p.notify_fd);
	confine_clear(&p.confine);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
