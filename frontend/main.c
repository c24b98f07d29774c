/* SPDX-License-Identifier: Apache-2.0 */

/* coffer-frontend: HTTP in, HTTP out. The order at start is that of policy/confine.h. */

#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/service.h"
#include "frontend/parent.h"

static struct program {
	struct options options;
	struct confine confine;
	struct parent parent;
} program;

static int fail(const char *step, int error)
{
	log_error("start-failed step=%s error=%s", step, strerrorname_np(-error));
	return error;
}

/*
 * The sockets of the others belong to who made them: root, systemd, or, where all run under one
 * uid, that one.
 */
static bool shares_uid(const char *socket_path)
{
	struct stat st;

	return stat(socket_path, &st) == 0 && st.st_uid == geteuid();
}

static int drop(struct program *p)
{
	struct confine *c = &p->confine;
	int r;

	*c = CONFINE_INIT(PROCESS_FRONTEND_PARENT);
	c->mode = p->options.confine;
	c->uid = p->options.uid;
	c->gid = p->options.gid;
	r = confine_drop(c);
	if (r < 0)
		return fail("drop", r);
	c->shares_uid = shares_uid(p->options.authd) || shares_uid(p->options.stored);
	return 0;
}

/* jansson's objects want a random number, which it would read from a device. */
static void warm_up(const struct program *p)
{
	/* libcrypto reads its configuration when something is hashed for the first time. */
	if (p->options.metrics.has_token)
		(void)admission_admits_bearer(&p->options.metrics, SPAN("Bearer warm"));
	json_object_seed(0);
}

static int confine(struct program *p)
{
	const char *missing;
	int r;

	r = confine_enclose(&p->confine);
	if (r < 0)
		return fail("enclose", r);
	r = confine_filter(&p->confine);
	if (r < 0)
		return fail("filter", r);
	missing = confine_missing(&p->confine);
	if (*missing)
		log_warning("confinement-degraded missing=%s",
			    LOG_VALUE(span_from_string(missing)));
	return 0;
}

static int run(struct program *p)
{
	struct service_sockets sockets;
	int r;

	r = service_take_sockets(&sockets);
	if (r < 0)
		return fail("sockets", r);
	r = drop(p);
	if (r < 0)
		return r;
	warm_up(p);
	r = parent_init(&p->parent, &p->options, &p->confine, &sockets);
	if (r < 0)
		return fail("open", r);
	if (r == PARENT_WRONG)
		return r;
	r = confine(p);
	if (r < 0)
		return r;
	r = parent_run(&p->parent);
	if (r < 0)
		log_error("parent-failed error=%s", strerrorname_np(-r));
	return r;
}

static int exit_status(int r)
{
	if (r == PARENT_WRONG)
		return SERVICE_EXIT_WRONG;
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	log_init("coffer-frontend", LOG_LEVEL_INFO);
	switch ((enum options_outcome)options_parse(argc, argv, &program.options)) {
	case OPTIONS_OK:
		return exit_status(run(&program));
	case OPTIONS_HELP:
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		break;
	}
	return SERVICE_EXIT_WRONG;
}
