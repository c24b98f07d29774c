/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What there is to know of an installation, gathered once and judged elsewhere (client/doctor.h).
 * Looking changes nothing but for a nameless file that is written, flushed and gone. What could not
 * be looked at has its error in place of a fact.
 */

#include <limits.h>

#include "client/address.h"
#include "client/complaint.h"
#include "client/daemon.h"
#include "client/process.h"
#include "client/values.h"

/*
 * PATH(SYMBOL, "folder", "name", "place"): in `coffer up --data DIR` it is DIR/FOLDERNAME, of a
 * service called S it is PLACE/S/NAME.
 */
#define SURVEY_PATH_LIST(PATH)                                                                     \
	PATH(AUTH, "", "auth", "/var/lib")                                                         \
	PATH(DATA, "", "data", "/var/lib")                                                         \
	PATH(CREDENTIALS, "", "credentials", "/var/lib")                                           \
	PATH(KEY, "", "credentials/keyring-key", "/var/lib")                                       \
	PATH(AUTHD_FRONTEND, "run/", "authd-frontend.sock", "/run")                                \
	PATH(AUTHD_STORED, "run/", "authd-stored.sock", "/run")                                    \
	PATH(AUTHD_ADMIN, "run/", "authd-admin.sock", "/run")                                      \
	PATH(STORED_FRONTEND, "run/", "stored-frontend.sock", "/run")                              \
	PATH(STORED_OPERATOR, "run/", "stored-operator.sock", "/run")

enum survey_path {
#define PATH(SYMBOL, ...) SURVEY_##SYMBOL,
	SURVEY_PATH_LIST(PATH)
#undef PATH
	SURVEY_PATHS,
};

struct survey_file {
	char path[PATH_MAX];
	int error; /* errno of the look at it, or 0 */
	mode_t mode;
	uid_t uid;
	off_t size;
	bool listens; /* a UNIX socket behind which somebody listens */
};

struct survey_daemon_facts {
	int result; /* of process_find() */
	struct process process;
};

#define SURVEY_PORTS_MAX 32

struct survey {
	bool is_service; /* with systemd's sockets, and users of its own */
	uid_t owner; /* of what is no daemon's: root, or of `coffer up` whoever looks */
	char config[PATH_MAX]; /* the usual one */
	int config_result; /* of config_read() */
	struct complaint config_complaint;
	struct values values;
	struct survey_daemon_facts daemons[DAEMONS];
	struct survey_file files[SURVEY_PATHS];
	int admin_error; /* errno of asking authd for its status, or 0 */
	int landlock_abi; /* or -errno */
	bool has_seccomp;
	int clock_state; /* of adjtimex(2), or -errno */
	long clock_error_us; /* how far off it may be, as far as whoever sets it knows */
	int file_system_error;
	long file_system; /* statfs(2)'s f_type */
	int flush_error;
	uint64_t flush_ns; /* the median of a few */
	int ports_error;
	struct address ports[SURVEY_PORTS_MAX]; /* that the frontend listens on */
	size_t n_ports;
};

/*
 * Of `coffer up --data DIR`, or where `data` is NULL of the service that has its admin socket at
 * `socket`: /run/NAME/authd-admin.sock, NAME being coffer or coffer@INSTANCE. `config` may be NULL
 * for the usual file. -EINVAL: the socket is none of a service's.
 */
must_check int survey_make(const char *data, const char *socket, const char *config,
			   struct survey *ret, struct complaint *why);
void survey_clear(struct survey *s);
