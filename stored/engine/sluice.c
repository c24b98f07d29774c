/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/sluice.h"

#include "base/clock.h"
#include "stored/durable.h"

void sluice_init(struct sluice *s)
{
	*s = (struct sluice){ 0 };
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->moved, NULL);
}

void sluice_clear(struct sluice *s)
{
	pthread_cond_destroy(&s->moved);
	pthread_mutex_destroy(&s->lock);
}

/* --- changes ------------------------------------------------------------------------------- */

void sluice_begin_change(struct sluice *s, const struct ipc_id *tenant)
{
	uint64_t number = ipc_id_number(tenant);

	pthread_mutex_lock(&s->lock);
	s->n_begun++;
	if (s->last.tenant != number)
		s->before = s->last;
	s->last = (struct sluice_change){ number, clock_boottime_ns() };
	pthread_mutex_unlock(&s->lock);
}

void sluice_end_change(struct sluice *s)
{
	pthread_mutex_lock(&s->lock);
	s->n_ended++;
	pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->lock);
}

/* --- steps --------------------------------------------------------------------------------- */

/* Whether anybody but the tenant has changed something lately. */
static bool is_narrow(const struct sluice *s, const struct ipc_id *tenant, uint64_t now_ns)
{
	bool own = s->last.tenant == ipc_id_number(tenant);
	const struct sluice_change *other = own ? &s->before : &s->last;

	return other->at_ns && now_ns < other->at_ns + SLUICE_NARROW_NS;
}

bool sluice_lets_pass(const struct sluice *s, const struct ipc_id *tenant, uint64_t begun,
		      uint64_t now_ns, uint64_t *ret)
{
	bool narrow = is_narrow(s, tenant, now_ns);

	if (narrow && (s->n_steps || s->n_ended < begun))
		return false;
	*ret = narrow ? SLUICE_SHORT_STEP : SLUICE_STEP;
	return true;
}

static uint64_t begin_step(struct sluice *s, const struct ipc_id *tenant)
{
	uint64_t begun, len;

	pthread_mutex_lock(&s->lock);
	begun = s->n_begun;
	while (!sluice_lets_pass(s, tenant, begun, clock_boottime_ns(), &len))
		pthread_cond_wait(&s->moved, &s->lock);
	s->n_steps++;
	pthread_mutex_unlock(&s->lock);
	return len;
}

static void end_step(struct sluice *s)
{
	pthread_mutex_lock(&s->lock);
	s->n_steps--;
	pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->lock);
}

int sluice_write_back(struct sluice *s, const struct ipc_id *tenant, int fd, uint64_t from,
		      uint64_t to)
{
	int r = 0;

	while (r == 0 && from < to) {
		uint64_t most = begin_step(s, tenant), len = MIN(most, to - from);

		r = durable_write_back(fd, from, len);
		end_step(s);
		from += len;
	}
	return r;
}
