/* SPDX-License-Identifier: Apache-2.0 */
#include "courtroom.h"

#include <sodium.h>
#include <stdio.h>

#undef NDEBUG
#include <assert.h>

static const char *const domains[] = { "s3.amazonaws.com", "s3.example.org", NULL };

static struct tenant *add_tenant(struct keyring *k, const char *name, uint64_t number)
{
	struct tenant *t;

	assert(tenant_new(span_from_string(name), span_from_string(name), SPAN(""), SPAN(""), &t) ==
	       0);
	t->number = number;
	assert(keyring_add_tenant(k, t) == KEYRING_OK);
	return t;
}

static struct access_key *add_key(struct keyring *k, const struct tenant *t, const char *id,
				  const char *secret)
{
	struct access_key *a;

	assert(access_key_new(k, t, span_from_string(id), span_from_string(secret), &a) == 0);
	assert(keyring_add_key(k, a) == KEYRING_OK);
	return a;
}

void courtroom_open(struct courtroom *c, const char *region)
{
	static const uint8_t master[KEYRING_MASTER_LEN] = { 7 };
	struct judge_config config = { .region = region, .domains = domains };

	assert(sodium_init() >= 0);
	*c = (struct courtroom){ 0 };
	assert(keyring_new(master, &c->keyring) == 0);
	c->acme = add_tenant(c->keyring, "acme", 1);
	c->b = add_tenant(c->keyring, "b", 2);
	c->key = add_key(c->keyring, c->acme, SIGNER_KEY, SIGNER_SECRET);
	c->other_key = add_key(c->keyring, c->b, COURTROOM_OTHER_KEY, COURTROOM_OTHER_SECRET);
	assert(limits_new(&LIMITS_CONFIG_DEFAULT, &c->limits) == 0);
	config.limits = c->limits;
	assert(judge_new(c->keyring, &config, &c->judge) == 0);
}

void courtroom_close(struct courtroom *c)
{
	judge_free(c->judge);
	limits_free(c->limits);
	keyring_free(c->keyring);
}

enum s3_error courtroom_hear_at(struct courtroom *c, const struct request *q, int64_t later_s)
{
	struct s3_head head = request_head(q);
	struct ruling ruling;
	enum s3_error error;

	assert(judge_hear(c->judge, S3_DIALECT_S3, &head, SPAN("192.0.2.7"),
			  SIGNER_TIME_S + later_s, &ruling) == 0);
	error = ruling.error;
	assert(error || ruling.is_anonymous != (ruling.key && ruling.signing_key));
	snprintf(c->detail, sizeof(c->detail), "%s", ruling.detail);
	ruling_clear(&ruling);
	return error;
}

enum s3_error courtroom_hear(struct courtroom *c, const struct request *q)
{
	return courtroom_hear_at(c, q, 0);
}
