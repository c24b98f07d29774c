/* SPDX-License-Identifier: Apache-2.0 */
#include "client/vitals.h"

static bool find_daemon(const struct figure *f, enum daemon *ret)
{
	for (enum daemon d = 0; d < DAEMONS; d++)
		if (figure_has(f, "daemon", daemons[d].name)) {
			*ret = d;
			return true;
		}
	return false;
}

static struct span text_of(const struct figure *f, const char *label)
{
	struct span s = figure_label(f, label);

	return span_is_utf8(s) ? s : SPAN_NONE;
}

static void take_build(struct vitals *v, const struct figure *f)
{
	enum daemon d;

	if (!find_daemon(f, &d))
		return;
	v->daemons[d].version = text_of(f, "version");
	v->daemons[d].confinement = text_of(f, "confinement");
}

static void take_landlock(struct vitals *v, const struct figure *f)
{
	enum daemon d;

	if (find_daemon(f, &d))
		v->daemons[d].landlock_abi = f->value;
}

static void take_requests(struct vitals *v, const struct figure *f)
{
	static const struct {
		const char *status;
		enum vitals_end end;
	} ends[] = {
		{ "2xx", VITALS_DONE },		{ "3xx", VITALS_DONE },
		{ "4xx", VITALS_CLIENT_ERROR }, { "5xx", VITALS_SERVER_ERROR },
		{ "none", VITALS_UNANSWERED },
	};
	enum s3_dialect dialect =
		figure_has(f, "dialect", "rest") ? S3_DIALECT_REST : S3_DIALECT_S3;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (figure_has(f, "status", ends[i].status))
			v->requests[dialect][ends[i].end] += f->value;
}

void vitals_take(struct span text, struct vitals *ret)
{
	struct vitals v = { 0 };
	struct figure f;

	while (figures_next(&text, &f)) {
		switch ((int)f.metric) {
		case METRIC_BUILD_INFO:
			take_build(&v, &f);
			break;
		case METRIC_LANDLOCK:
			take_landlock(&v, &f);
			break;
		case METRIC_REQUESTS:
			take_requests(&v, &f);
			break;
		case METRIC_TENANTS:
			v.tenants = f.value;
			break;
		case METRIC_KEYS:
			v.access_keys = f.value;
			break;
		case METRIC_TOKENS:
			v.tokens = f.value;
			break;
		case METRIC_DISK_SIZE:
			v.disk_size = f.value;
			break;
		case METRIC_DISK_FREE:
			v.disk_free = f.value;
			break;
		case METRIC_DISK_FLOOR:
			v.disk_floor = f.value;
			break;
		}
	}
	*ret = v;
}
