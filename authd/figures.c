/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/figures.h"

#include "authd/authd.h"
#include "ipc/sample.h"

static const char *const peer_names[FIGURES_PEERS] = {
	[FIGURES_FRONTEND] = "frontend",
	[FIGURES_STORED] = "stored",
};

static void tell_rulings(const struct figures *f, struct buffer *to)
{
	static const char *const dialects[] = {
		[S3_DIALECT_S3] = "s3", [S3_DIALECT_REST] = "rest"
	};

	for (size_t d = 0; d < S3_DIALECT_COUNT; d++)
		sample_put(to, METRIC_GRANTS, f->grants[d], dialects[d], NULL);
	/* There are many, of which few ever happen. */
	for (size_t e = S3_ERROR_NONE + 1; e < S3_ERROR_COUNT; e++)
		if (f->denials[e])
			sample_put(to, METRIC_DENIALS, f->denials[e], s3_errors[e].code, NULL);
	sample_put(to, METRIC_SLOWED, f->slowed[FIGURES_LIMIT_REQUESTS], "requests", NULL);
	sample_put(to, METRIC_SLOWED, f->slowed[FIGURES_LIMIT_TENANT], "tenant", NULL);
	sample_put(to, METRIC_SLOWED, f->slowed[FIGURES_LIMIT_LOGINS], "logins", NULL);
}

static void tell_orders(const struct figures *f, struct buffer *to)
{
	sample_put(to, METRIC_ORDERS, f->orders[FIGURES_ORDER_DONE], "done", NULL);
	sample_put(to, METRIC_ORDERS, f->orders[FIGURES_ORDER_REFUSED], "refused", NULL);
	sample_put(to, METRIC_ORDERS, f->orders[FIGURES_ORDER_FAILED], "failed", NULL);
}

static void tell_channels(const struct authd *a, struct buffer *to)
{
	uint64_t queued[FIGURES_PEERS] = { sessions_queued(a), storelinks_queued(a) };

	for (enum figures_peer p = 0; p < FIGURES_PEERS; p++) {
		sample_put(to, METRIC_IPC_QUEUE, queued[p], "authd", peer_names[p], NULL);
		for (enum channel_end end = 0; end < CHANNEL_ENDS; end++)
			sample_put(to, METRIC_IPC_LOSSES, a->figures.losses[p][end], "authd",
				   peer_names[p], channel_end_name(end), NULL);
	}
}

/* Those whom it has happened to; many may share a line, under a name that no tenant has. */
static void tell_limited(const struct keyring *k, struct buffer *to)
{
	uint64_t others = 0;
	size_t n = 0;

	for (const struct tenant *t = keyring_tenants(k); t; t = t->next)
		if (t->n_limited && n++ < FIGURES_TENANTS_MAX)
			sample_put(to, METRIC_LIMITED, t->n_limited, t->name, "requests", NULL);
		else
			others += t->n_limited;
	if (others)
		sample_put(to, METRIC_LIMITED, others, "(other)", "requests", NULL);
}

static void tell_keyring(const struct keyring *k, struct buffer *to)
{
	sample_put(to, METRIC_TENANTS, keyring_tenant_count(k), NULL);
	sample_put(to, METRIC_KEYS, keyring_key_count(k), NULL);
	sample_put(to, METRIC_TOKENS, tokens_count(keyring_tokens(k)), NULL);
}

void figures_tell(const struct authd *a, struct buffer *to)
{
	sample_put(to, METRIC_BUILD_INFO, 1, "authd", COFFER_VERSION, a->confinement, NULL);
	sample_put(to, METRIC_LANDLOCK, (uint64_t)a->landlock_abi, "authd", NULL);
	sample_put(to, METRIC_START_TIME, a->figures.started_ns, "authd", NULL);
	tell_channels(a, to);
	tell_rulings(&a->figures, to);
	sample_put(to, METRIC_EPOCHS, a->figures.epochs, NULL);
	sample_put(to, METRIC_AUTHD_WORKERS, a->sessions.n_ready, NULL);
	sample_put(to, METRIC_STREAMS, chains_count(&a->chains), NULL);
	tell_keyring(a->keyring, to);
	tell_limited(a->keyring, to);
	tell_orders(&a->figures, to);
	sample_put(to, METRIC_AUDIT_LOST, a->audit.n_lost, NULL);
	sample_put(to, METRIC_CHANGES_WAITING, writer_waiting(a->writer), NULL);
}
