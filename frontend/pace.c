/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/pace.h"

#include "base/clock.h"
#include "frontend/board.h"

struct way {
	struct lane lane;
	struct loop_timer turn; /* of the first in the queue */
	struct pace_part *first, **end;
};

struct pace {
	struct paces *all;
	uint64_t tenant;
	struct grant_limits limits;
	uint64_t under_way;
	uint64_t moving[PRESENCE_WAYS];
	struct way ways[PRESENCE_WAYS];
	struct presence_place *place;
};

/* --- life -------------------------------------------------------------------------------- */

static int turn_in(struct loop_timer *t)
{
	pace_call((struct pace *)((char *)t - offsetof(struct pace, ways[PRESENCE_IN].turn)),
		  PRESENCE_IN, clock_boottime_ns());
	return 0;
}

static int turn_out(struct loop_timer *t)
{
	pace_call((struct pace *)((char *)t - offsetof(struct pace, ways[PRESENCE_OUT].turn)),
		  PRESENCE_OUT, clock_boottime_ns());
	return 0;
}

static struct presence *own_presence(const struct paces *all)
{
	return &board_slot(all->board, all->slot)->presence;
}

static void pace_free(struct pace *p)
{
	for (enum presence_way w = 0; w < PRESENCE_WAYS; w++)
		loop_disarm(&p->ways[w].turn);
	presence_free(p->place);
	free(p);
}

static int pace_new(struct paces *all, uint64_t tenant, struct pace **ret)
{
	struct presence_place *place = presence_take(own_presence(all), tenant);
	struct pace *p;
	int r;

	if (!place)
		return PACE_NO_ROOM;
	p = calloc(1, sizeof(*p));
	r = p ? table_add(&all->all, tenant, p) : -ENOMEM;
	if (r) {
		presence_free(place);
		free(p);
		return r < 0 ? r : PACE_NO_ROOM;
	}
	p->all = all;
	p->tenant = tenant;
	p->place = place;
	p->ways[PRESENCE_IN].turn.expired = turn_in;
	p->ways[PRESENCE_OUT].turn.expired = turn_out;
	for (enum presence_way w = 0; w < PRESENCE_WAYS; w++)
		p->ways[w].end = &p->ways[w].first;
	*ret = p;
	return 0;
}

void paces_init(struct paces *all, struct loop *l, const struct board *b, unsigned int slot)
{
	*all = (struct paces){ l, b, slot, TABLE_INIT(PACES_MAX) };
}

void paces_clear(struct paces *all)
{
	struct pace *p;
	size_t at = 0;

	while ((p = table_next(&all->all, &at)))
		pace_free(p);
	table_clear(&all->all);
}

static bool is_idle(const struct pace *p, uint64_t now_ns)
{
	return !p->under_way && lane_is_idle(&p->ways[PRESENCE_IN].lane, now_ns) &&
	       lane_is_idle(&p->ways[PRESENCE_OUT].lane, now_ns);
}

/* To remove one changes the table, so the next is looked for afresh. */
static struct pace *find_idle(const struct paces *all, uint64_t now_ns)
{
	struct pace *p;
	size_t at = 0;

	while ((p = table_next(&all->all, &at)))
		if (is_idle(p, now_ns))
			break;
	return p;
}

void paces_sweep(struct paces *all, uint64_t now_ns)
{
	struct pace *p;

	while ((p = find_idle(all, now_ns))) {
		table_remove(&all->all, p->tenant);
		pace_free(p);
	}
}

/* --- the other workers ------------------------------------------------------------------- */

static const struct presence_place *elsewhere(const struct pace *p, unsigned int slot)
{
	if (slot == p->all->slot)
		return NULL;
	return presence_find(&board_read(p->all->board, slot)->presence, p->tenant);
}

/* Posted first, and looked at behind that: of two who come at once one at least sees the other. */
static bool are_too_many(const struct pace *p)
{
	uint64_t n = p->under_way;

	meter_set(&p->place->under_way, n);
	atomic_thread_fence(memory_order_seq_cst);
	for (unsigned int i = 0; i < p->all->board->n_slots; i++) {
		const struct presence_place *other = elsewhere(p, i);
		uint64_t theirs = other ? meter_read(&other->under_way) : 0;

		if (theirs > p->limits.parallel)
			return true;
		n += theirs;
	}
	return n > p->limits.parallel;
}

static unsigned int own_weight(const struct pace *p, enum presence_way way)
{
	return (unsigned int)MAX(MIN(p->moving[way], (uint64_t)PRESENCE_MOVERS_MAX), UINT64_C(1));
}

static uint64_t cost_ns(const struct pace *p, enum presence_way way, uint64_t bytes,
			uint64_t now_ns)
{
	unsigned int own = own_weight(p, way), of_all = own;

	for (unsigned int i = 0; i < p->all->board->n_slots; i++) {
		const struct presence_place *other = elsewhere(p, i);

		if (other)
			of_all += presence_weight(other, way, now_ns);
	}
	return lane_cost_ns(bytes, p->limits.bandwidth, own, of_all);
}

static void take(struct pace *p, enum presence_way way, uint64_t bytes, uint64_t now_ns)
{
	struct lane *l = &p->ways[way].lane;

	lane_take(l, cost_ns(p, way, bytes, now_ns), now_ns);
	meter_set(&p->place->busy_ns[way], l->busy_ns);
}

/* --- requests ---------------------------------------------------------------------------- */

static bool would_wait_too_long(const struct pace *p, enum presence_way way, uint64_t now_ns)
{
	uint64_t others_ns;

	if (!p->limits.bandwidth)
		return false;
	others_ns = cost_ns(p, way, (p->under_way - 1) * PACE_PIECE, now_ns);
	return others_ns > PACE_PATIENCE_NS ||
	       p->ways[way].lane.busy_ns > now_ns + PACE_PATIENCE_NS;
}

static void set_under_way(struct pace *p, uint64_t n)
{
	p->under_way = n;
	meter_set(&p->place->under_way, n);
}

static int admit(struct pace *p, enum presence_way way, uint64_t now_ns)
{
	p->under_way++;
	if (p->limits.parallel && are_too_many(p))
		return PACE_PARALLEL;
	return would_wait_too_long(p, way, now_ns) ? PACE_BANDWIDTH : PACE_JOINED;
}

int paces_join(struct paces *all, const struct grant *g, enum presence_way way, uint64_t now_ns,
	       struct pace_part *part)
{
	uint64_t tenant = ipc_id_number(&g->principal.tenant);
	struct pace *p = table_find(&all->all, tenant);
	int r = p ? 0 : pace_new(all, tenant, &p);

	if (r)
		return r;
	p->limits = g->limits;
	r = admit(p, way, now_ns);
	if (r) {
		set_under_way(p, p->under_way - 1);
		return r;
	}
	set_under_way(p, p->under_way);
	part->pace = p;
	return PACE_JOINED;
}

static void set_moving(struct pace_part *part, enum presence_way way, bool moves)
{
	struct pace *p = part->pace;

	if (part->moves[way] == moves)
		return;
	part->moves[way] = moves;
	p->moving[way] += moves ? 1 : (uint64_t)-1;
	meter_set(&p->place->moving[way], p->moving[way]);
}

void pace_leave(struct pace_part *part)
{
	struct pace *p = part->pace;

	if (!p)
		return;
	pace_withdraw(part);
	for (enum presence_way w = 0; w < PRESENCE_WAYS; w++)
		set_moving(part, w, false);
	set_under_way(p, p->under_way - 1);
	part->pace = NULL;
}

/* --- bytes ------------------------------------------------------------------------------- */

static void queue_put(struct way *w, struct pace_part *part)
{
	part->waits = true;
	part->next = NULL;
	part->before =
		w->first ? (struct pace_part *)((char *)w->end - offsetof(struct pace_part, next))
			 : NULL;
	*w->end = part;
	w->end = &part->next;
}

static void queue_remove(struct way *w, struct pace_part *part)
{
	*(part->before ? &part->before->next : &w->first) = part->next;
	if (part->next)
		part->next->before = part->before;
	else
		w->end = part->before ? &part->before->next : &w->first;
	part->waits = false;
}

static void arm(struct pace *p, enum presence_way way)
{
	struct way *w = &p->ways[way];

	if (w->first)
		loop_arm(p->all->loop, &w->turn, lane_free_at_ns(&w->lane));
	else
		loop_disarm(&w->turn);
}

static bool is_open(const struct pace *p, enum presence_way way, uint64_t now_ns)
{
	return !p->limits.bandwidth || lane_is_free(&p->ways[way].lane, now_ns);
}

static void give(struct pace_part *part, enum presence_way way, uint64_t bytes, uint64_t now_ns)
{
	if (part->pace->limits.bandwidth)
		take(part->pace, way, bytes, now_ns);
	part->credit[way] += bytes;
}

bool pace_may_move(struct pace_part *part, enum presence_way way, uint64_t bytes, uint64_t now_ns)
{
	struct pace *p = part->pace;

	if (bytes <= part->credit[way])
		return true;
	bytes -= part->credit[way];
	set_moving(part, way, true);
	if (!p->ways[way].first && is_open(p, way, now_ns)) {
		give(part, way, bytes, now_ns);
		return true;
	}
	part->way = way;
	part->wanted = bytes;
	queue_put(&p->ways[way], part);
	arm(p, way);
	return false;
}

void pace_moved(struct pace_part *part, enum presence_way way, uint64_t bytes)
{
	part->credit[way] -= MIN(bytes, part->credit[way]);
}

void pace_withdraw(struct pace_part *part)
{
	if (!part->waits)
		return;
	queue_remove(&part->pace->ways[part->way], part);
	arm(part->pace, part->way);
}

void pace_call(struct pace *p, enum presence_way way, uint64_t now_ns)
{
	struct way *w = &p->ways[way];
	struct pace_part *part;

	while ((part = w->first) && is_open(p, way, now_ns)) {
		queue_remove(w, part);
		give(part, way, part->wanted, now_ns);
		part->go(part);
	}
	arm(p, way);
}
