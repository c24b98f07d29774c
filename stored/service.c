/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/service.h"

#include <sched.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "stored/documents.h"
#include "stored/permission.h"

/* How long a stop waits for what the disk is at. */
#define STOP_NS (20 * NS_PER_S)

/* After it another reader comes to what waits for one that does not come back, and what that one has done is heard. */
#define SERVICE_PATIENCE_NS NS_PER_MS

/* Everything that opens files or takes locks when it is used first is used here once. */
static int warm_up(struct service *s)
{
	struct hasher_wants wants = { .sha256 = true, .checksum = CHECKSUM_SHA1 };
	struct hashes hashes;
	int r;

	if (sodium_init() < 0)
		return -EIO;
	r = hash_methods_fetch(&s->methods);
	if (r == 0)
		r = hash_bytes(&s->methods, &wants, SPAN("warm"), &hashes);
	if (r == 0)
		r = documents_warm_up();
	if (r == 0)
		r = permission_warm_up();
	return r;
}

/* --- patience -------------------------------------------------------------------------------- */

static int on_patience_over(struct loop_timer *t)
{
	struct service *s = task_owner(t, struct service, patience);

	if (pool_hasten(s->readers))
		loop_arm(&s->loop, t, clock_boottime_ns() + SERVICE_PATIENCE_NS);
	return 0;
}

/*
 * Brief tasks wait for the thread that is at others, and their answers for the end of its turn; but not for what
 * keeps that one from coming.
 */
static void be_patient(struct service *s)
{
	if (!s->patience.loop && pool_may_be_kept(s->readers))
		loop_arm(&s->loop, &s->patience, clock_boottime_ns() + SERVICE_PATIENCE_NS);
}

/* --- life ------------------------------------------------------------------------------------ */

int service_init(struct service *s, const struct service_config *config, struct store *store)
{
	int r;

	*s = (struct service){ .config = *config,
			       .store = store,
			       .loop.epoll_fd = -1,
			       .figures.started_ns = clock_realtime_ns(),
			       .figures.confinement = "degraded" };
	s->patience.expired = on_patience_over;
	tenants_init(&s->tenants);
	suspensions_init(&s->suspensions);
	r = warm_up(s);
	if (r == 0)
		r = gates_new(store, GATES_MAX, GATES_POLICIES_MAX, &s->gates);
	if (r == 0)
		r = recall_new(store, config->recall_bytes, &s->recall);
	if (r == 0)
		r = unseal_new(&s->unseal);
	if (r == 0)
		r = channel_group_init(&s->group);
	if (r == 0)
		r = loop_init(&s->loop);
	if (r == 0)
		r = mailbox_open(&s->mailbox, &s->loop);
	return r;
}

/* As many as there are processors, within what the intake can have. */
static unsigned int count_intake_threads(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : CPU_COUNT(&set);

	return (unsigned int)MIN(MAX(n, 2), INTAKE_THREADS_MAX);
}

int service_start(struct service *s)
{
	int r = pool_new("reader", SERVICE_READERS, SERVICE_QUEUE_MAX, &s->mailbox,
			     &s->readers);

	if (r == 0)
		r = pool_new("flusher", SERVICE_FLUSHERS, SERVICE_QUEUE_MAX, &s->mailbox,
			     &s->flushers);
	if (r == 0)
		r = pool_new("copier", SERVICE_COPIERS, SERVICE_QUEUE_MAX, &s->mailbox,
			     &s->copiers);
	if (r == 0)
		r = pool_new("archivist", SERVICE_ARCHIVISTS, SERVICE_QUEUE_MAX, &s->mailbox,
			     &s->archivists);
	if (r == 0)
		r = pool_new("eraser", SERVICE_ERASERS, SERVICE_QUEUE_MAX, &s->mailbox,
			     &s->erasers);
	if (r == 0)
		r = intake_new(count_intake_threads(), s->flushers, &s->intake);
	return r == 0 ? store_start(s->store) : r;
}

int service_step(struct service *s, int at_most_ms)
{
	int r;

	s->hash_credit = SERVICE_HASH_MAX;
	r = loop_step(&s->loop, at_most_ms);
	mailbox_drain(&s->mailbox);
	be_patient(s);
	do
		channel_group_flush(&s->group);
	while (sessions_pump(&s->sessions));
	return r;
}

void service_stop(struct service *s)
{
	uint64_t until_ns = clock_boottime_ns() + STOP_NS;

	s->stopping = true;
	authority_close(&s->authority);
	door_close(&s->workers);
	door_close(&s->operators);
	sessions_close(&s->sessions);
	while ((s->n_calls || s->n_provisions || s->n_erasures) && clock_boottime_ns() < until_ns)
		if (service_step(s, 100) < 0)
			break;
	if (s->n_calls)
		log_warning("calls-left-behind count=%zu", s->n_calls);
	/* First the one, for it hands bodies to flushers: the disk may have kept some for longer
	 * than that. */
	if (s->intake)
		intake_stop(s->intake);
	s->readers = pool_free(s->readers);
	s->copiers = pool_free(s->copiers);
	s->flushers = pool_free(s->flushers);
	s->archivists = pool_free(s->archivists);
	s->erasers = pool_free(s->erasers);
	s->intake = intake_free(s->intake);
	s->recall = recall_free(s->recall);
}

void service_clear(struct service *s)
{
	s->recall = recall_free(s->recall);
	if (s->mailbox.source.loop)
		mailbox_close(&s->mailbox);
	if (s->loop.epoll_fd >= 0)
		loop_clear(&s->loop);
	channel_group_clear(&s->group);
	s->unseal = unseal_free(s->unseal);
	tenants_clear(&s->tenants);
	hash_methods_clear(&s->methods);
	s->gates = gates_free(s->gates);
	suspensions_clear(&s->suspensions);
}
