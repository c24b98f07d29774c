/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/sweep.h"

#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "stored/engine/engine.h"

/* The dead are let gather, so that many go with one commit. */
#define GATHER_NS NS_PER_S

/* --- the thread ---------------------------------------------------------------------------- */

static void report(const struct ipc_id *tenant, const char *what, int r, size_t n)
{
	char text[IPC_ID_TEXT_SIZE];

	if (r < 0 && r != -ENOENT)
		log_warning("sweep-failed what=%s tenant=%s error=%d", what,
			    ipc_id_text(tenant, text), -r);
	else if (r == 0 && n)
		log_debug("swept what=%s tenant=%s files=%zu", what, ipc_id_text(tenant, text), n);
}

static void bury(struct store *s, const struct ipc_id *tenant)
{
	size_t n = 0;
	int r = sweep_bury_dead(s, tenant, &n);

	meter_add(&s->meters.swept[SWEPT_DEAD], n);
	report(tenant, "dead", r, n);
}

/* What was left behind when the last process ended. */
static int sweep_tenant(void *context, const struct ipc_id *tenant)
{
	struct store *s = context;
	size_t n = 0;
	int r;

	bury(s, tenant);
	r = sweep_orphans(s, tenant, &n);
	meter_add(&s->meters.swept[SWEPT_ORPHAN], n);
	report(tenant, "orphans", r, n);
	return sweep_is_stopping(&s->sweep);
}

static void remove_blobs(struct sweep *w, struct blob *b)
{
	while (b) {
		struct blob *next = blob_next(b, NULL);

		blob_remove(b);
		meter_add(&w->store->meters.swept[SWEPT_DROPPED], 1);
		b = next;
	}
}

static void bury_all(struct sweep *w, struct sweep_tenant *t)
{
	while (t) {
		struct sweep_tenant *next = t->next;

		bury(w->store, &t->tenant);
		free(t);
		t = next;
	}
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* --- uploads ------------------------------------------------------------------------------- */

struct overdue_look {
	struct store *store;
	uint64_t before_ms;
};

static int end_overdue(void *context, const struct ipc_id *tenant)
{
	const struct overdue_look *l = context;
	char text[IPC_ID_TEXT_SIZE];
	size_t n = 0;
	int r = sweep_overdue(l->store, tenant, l->before_ms, &n);

	meter_add(&l->store->meters.expired, n);
	if (n)
		log_info("uploads-expired tenant=%s uploads=%zu", ipc_id_text(tenant, text), n);
	if (r < 0)
		report(tenant, "overdue", r, n);
	return sweep_is_stopping(&l->store->sweep);
}

/* Returns when to look again. */
static uint64_t look_for_overdue(struct sweep *w)
{
	struct overdue_look l = { .store = w->store };

	if (expiry_look(&w->expiry, clock_realtime_ns(), clock_boottime_ns(), &l.before_ms))
		(void)!store_each_tenant(w->store, end_overdue, &l);
	return monotonic_ns() + expiry_interval_ns(&w->expiry);
}

/* --- waiting ------------------------------------------------------------------------------- */

static bool wait_until(struct sweep *w, uint64_t at_ns)
{
	struct timespec until = { .tv_sec = (time_t)(at_ns / NS_PER_S),
				  .tv_nsec = (long)(at_ns % NS_PER_S) };

	return pthread_cond_timedwait(&w->wake, &w->lock, &until) == 0;
}

/* Waits for something to do; what is due is taken. False: it is to end. */
static bool take_work(struct sweep *w, uint64_t look_ns, struct blob **ret_dropped,
		      struct sweep_tenant **ret_tenants)
{
	uint64_t now;
	bool due;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		now = monotonic_ns();
		due = w->tenants && now >= w->due_ns;
		if (w->stopping || w->dropped || due || now >= look_ns)
			break;
		if (w->tenants || look_ns != UINT64_MAX)
			(void)wait_until(w, w->tenants ? MIN(w->due_ns, look_ns) : look_ns);
		else
			pthread_cond_wait(&w->wake, &w->lock);
	}
	*ret_dropped = w->dropped;
	*ret_tenants = due ? w->tenants : NULL;
	w->dropped = NULL;
	if (due)
		w->tenants = NULL;
	due = !w->stopping;
	pthread_mutex_unlock(&w->lock);
	return due;
}

static void *sweep_run(void *context)
{
	struct sweep *w = context;
	uint64_t orphans_ns = monotonic_ns() + w->store->config.sweep_delay_s * NS_PER_S;
	uint64_t overdue_ns = w->expiry.after_ns ? orphans_ns : UINT64_MAX;
	struct sweep_tenant *tenants;
	struct blob *dropped;
	bool go_on = true;

	pthread_setname_np(pthread_self(), "sweep");
	while (go_on) {
		go_on = take_work(w, MIN(orphans_ns, overdue_ns), &dropped, &tenants);
		remove_blobs(w, dropped);
		bury_all(w, tenants);
		if (go_on && monotonic_ns() >= orphans_ns) {
			orphans_ns = UINT64_MAX;
			(void)!store_each_tenant(w->store, sweep_tenant, w->store);
		}
		if (go_on && monotonic_ns() >= overdue_ns)
			overdue_ns = look_for_overdue(w);
	}
	return NULL;
}

/* --- life ---------------------------------------------------------------------------------- */

void sweep_init(struct sweep *w, struct store *s)
{
	pthread_condattr_t monotonic;

	*w = (struct sweep){ .store = s, .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

int sweep_start(struct sweep *w)
{
	int r;

	expiry_init(&w->expiry, w->store->config.uploads_expire_ns, clock_realtime_ns(),
		    clock_boottime_ns());
	r = pthread_create(&w->thread, NULL, sweep_run, w);

	w->started = r == 0;
	return -r;
}

bool sweep_is_stopping(struct sweep *w)
{
	bool stopping;

	pthread_mutex_lock(&w->lock);
	stopping = w->stopping;
	pthread_mutex_unlock(&w->lock);
	return stopping;
}

void sweep_stop(struct sweep *w)
{
	if (!w->started)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	w->started = false;
}

void sweep_clear(struct sweep *w)
{
	remove_blobs(w, w->dropped);
	w->dropped = NULL;
	/* Their rows are still there: the next start buries them. */
	while (w->tenants) {
		struct sweep_tenant *t = w->tenants;

		w->tenants = t->next;
		free(t);
	}
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
}

void sweep_take_blob(struct sweep *w, struct blob *b)
{
	pthread_mutex_lock(&w->lock);
	blob_next(b, w->dropped);
	w->dropped = b;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void sweep_tell_of_dead(struct sweep *w, const struct ipc_id *tenant)
{
	struct sweep_tenant *t;

	pthread_mutex_lock(&w->lock);
	for (t = w->tenants; t && !ipc_id_equal(&t->tenant, tenant);)
		t = t->next;
	if (!t) {
		/* Without memory they wait for the next one, or for the next start. */
		t = calloc(1, sizeof(*t));
		if (t) {
			t->tenant = *tenant;
			t->next = w->tenants;
			if (!w->tenants)
				w->due_ns = monotonic_ns() + GATHER_NS;
			w->tenants = t;
			pthread_cond_signal(&w->wake);
		}
	}
	pthread_mutex_unlock(&w->lock);
}
