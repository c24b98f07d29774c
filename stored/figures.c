/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/figures.h"

#include "ipc/sample.h"
#include "stored/operator.h"
#include "stored/service.h"
#include "stored/worker.h"

static const char *const peer_names[FIGURES_PEERS] = {
	[FIGURES_FRONTEND] = "frontend",
	[FIGURES_OPERATOR] = "operator",
	[FIGURES_AUTHD] = "authd",
};

/* What waits for whom, in bytes. */
static void tell_queues(const struct service *s, struct buffer *to)
{
	uint64_t queued[FIGURES_PEERS] = { [FIGURES_AUTHD] = s->authority.channel.out.len };

	for (const struct session *at = s->sessions.first; at; at = at->next)
		queued[at->role->peer] += at->channel.out.len;
	for (enum figures_peer p = 0; p < FIGURES_PEERS; p++)
		sample_put(to, METRIC_IPC_QUEUE, queued[p], "stored", peer_names[p], NULL);
}

static void tell_losses(const struct service *s, struct buffer *to)
{
	for (enum figures_peer p = 0; p < FIGURES_PEERS; p++)
		for (enum channel_end end = 0; end < CHANNEL_ENDS; end++)
			sample_put(to, METRIC_IPC_LOSSES, s->figures.losses[p][end], "stored",
				   peer_names[p], channel_end_name(end), NULL);
}

/* There are many, of which few ever happen. */
static void tell_refusals(const struct figures *f, struct buffer *to)
{
	for (size_t e = S3_ERROR_NONE + 1; e < S3_ERROR_COUNT; e++)
		if (f->refusals[e])
			sample_put(to, METRIC_REFUSALS, f->refusals[e], s3_errors[e].code, NULL);
}

static void tell_recalls(struct recall_figures f, struct buffer *to)
{
	sample_put(to, METRIC_RECALLS, f.hits, "hit", NULL);
	sample_put(to, METRIC_RECALLS, f.misses, "miss", NULL);
	sample_put(to, METRIC_RECALL_OBJECTS, f.count, NULL);
	sample_put(to, METRIC_RECALL_BYTES, f.bytes, NULL);
}

static uint64_t count_bodies(const struct service *s)
{
	uint64_t n = 0;

	for (const struct session *at = s->sessions.first; at; at = at->next)
		n += at->bodies.count;
	return n;
}

struct telling {
	const struct service *service;
	struct buffer *to;
};

static int tell_holding(void *context, const struct ipc_id *tenant, const struct holding *h)
{
	const struct telling *t = context;
	const char *name = tenants_name(&t->service->tenants, tenant);

	if (!name)
		return 0;
	sample_put(t->to, METRIC_TENANT_OBJECTS, h->used.objects, name, NULL);
	sample_put(t->to, METRIC_TENANT_BYTES, h->used.bytes, name, NULL);
	sample_put(t->to, METRIC_TENANT_UPLOADS, h->used.uploads, name, NULL);
	sample_put(t->to, METRIC_TENANT_UPLOAD_BYTES, h->used.upload_bytes, name, NULL);
	if (h->quota.objects != QUOTA_NONE)
		sample_put(t->to, METRIC_TENANT_QUOTA_OBJECTS, h->quota.objects, name, NULL);
	if (h->quota.bytes != QUOTA_NONE)
		sample_put(t->to, METRIC_TENANT_QUOTA_BYTES, h->quota.bytes, name, NULL);
	return 0;
}

static void tell_holdings(const struct service *s, struct buffer *to)
{
	int r = store_each_holding(s->store, tell_holding, &(struct telling){ s, to });

	if (r < 0 && !to->error)
		to->error = r;
}

void figures_tell(struct service *s, struct buffer *to)
{
	sample_put(to, METRIC_BUILD_INFO, 1, "stored", COFFER_VERSION, s->figures.confinement,
		   NULL);
	sample_put(to, METRIC_LANDLOCK, (uint64_t)s->figures.landlock_abi, "stored", NULL);
	sample_put(to, METRIC_START_TIME, s->figures.started_ns, "stored", NULL);
	tell_queues(s, to);
	tell_losses(s, to);
	tell_refusals(&s->figures, to);
	sample_put(to, METRIC_QUEUE, pool_waiting(s->readers), "readers", NULL);
	sample_put(to, METRIC_QUEUE, pool_waiting(s->flushers), "flushers", NULL);
	sample_put(to, METRIC_QUEUE, pool_waiting(s->copiers), "copiers", NULL);
	sample_put(to, METRIC_CALLS, s->n_calls, NULL);
	sample_put(to, METRIC_UPLOADS, count_bodies(s), NULL);
	sample_put(to, METRIC_CHANNELS, sessions_count(&s->sessions, &worker_role), "worker", NULL);
	sample_put(to, METRIC_CHANNELS, sessions_count(&s->sessions, &operator_role), "operator",
		   NULL);
	tell_recalls(recall_figures(s->recall), to);
	store_tell(s->store, to);
	tell_holdings(s, to);
}
