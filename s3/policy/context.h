/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is known of a request when policies are asked: the values of condition keys. A key has a value,
 * or the request has none, or its value is not known here: authd does not know the tags of an object,
 * stored does. Policies are answered in all three cases.
 *
 * Values are text, as a policy writes them. Most of them come from the client, so whoever fills this in
 * takes them from where they are believed: the address from the peer (or from the header of a proxy that
 * is trusted), who it is from the credential (T25). aws:Referer and aws:UserAgent are what the client says.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */

#include "s3/date.h"
#include "s3/request.h"

/*
 * KEY(SYMBOL, "name", SHAPE, STANDING)
 *
 *   SHAPE     ONE value, MANY values, or a TAG: the name goes on with the key of a tag, whose value it is
 *   STANDING  FIXES if a fixed value of it makes a bucket policy not public, WIDE if it does not
 *
 * The last group has values nowhere in Coffer: it has no such thing. Policies may ask for them, because
 * S3's may, and find that the request has none.
 */
#define POLICY_KEYS(KEY)                                                                           \
	KEY(CURRENT_TIME, "aws:CurrentTime", ONE, WIDE)                                            \
	KEY(EPOCH_TIME, "aws:EpochTime", ONE, WIDE)                                                \
	KEY(PRINCIPAL_ACCOUNT, "aws:PrincipalAccount", ONE, FIXES)                                 \
	KEY(PRINCIPAL_ARN, "aws:PrincipalArn", ONE, FIXES)                                         \
	KEY(PRINCIPAL_TYPE, "aws:PrincipalType", ONE, WIDE)                                        \
	KEY(REFERER, "aws:Referer", ONE, WIDE)                                                     \
	KEY(SECURE_TRANSPORT, "aws:SecureTransport", ONE, WIDE)                                    \
	KEY(SOURCE_IP, "aws:SourceIp", ONE, WIDE) /* of addresses, how many decides */             \
	KEY(USER_AGENT, "aws:UserAgent", ONE, WIDE)                                                \
	KEY(USER_ID, "aws:userid", ONE, FIXES)                                                     \
	KEY(USER_NAME, "aws:username", ONE, WIDE)                                                  \
	KEY(AUTH_TYPE, "s3:authType", ONE, WIDE)                                                   \
	KEY(DELIMITER, "s3:delimiter", ONE, WIDE)                                                  \
	KEY(EXISTING_OBJECT_TAG, "s3:ExistingObjectTag/", TAG, WIDE)                               \
	KEY(IF_MATCH, "s3:if-match", ONE, WIDE)                                                    \
	KEY(IF_NONE_MATCH, "s3:if-none-match", ONE, WIDE)                                          \
	KEY(LOCATION_CONSTRAINT, "s3:LocationConstraint", ONE, WIDE)                               \
	KEY(MAX_KEYS, "s3:max-keys", ONE, WIDE)                                                    \
	KEY(OBJECT_LOCK_LEGAL_HOLD, "s3:object-lock-legal-hold", ONE, WIDE)                        \
	KEY(OBJECT_LOCK_MODE, "s3:object-lock-mode", ONE, WIDE)                                    \
	KEY(OBJECT_LOCK_REMAINING_RETENTION_DAYS, "s3:object-lock-remaining-retention-days", ONE,  \
	    WIDE)                                                                                  \
	KEY(OBJECT_LOCK_RETAIN_UNTIL_DATE, "s3:object-lock-retain-until-date", ONE, WIDE)          \
	KEY(PREFIX, "s3:prefix", ONE, WIDE)                                                        \
	KEY(REQUEST_OBJECT_TAG, "s3:RequestObjectTag/", TAG, WIDE)                                 \
	KEY(REQUEST_OBJECT_TAG_KEYS, "s3:RequestObjectTagKeys", MANY, WIDE)                        \
	KEY(RESOURCE_ACCOUNT, "s3:ResourceAccount", ONE, WIDE)                                     \
	KEY(SIGNATURE_AGE, "s3:signatureAge", ONE, WIDE) /* in milliseconds */                     \
	KEY(SIGNATURE_VERSION, "s3:signatureversion", ONE, WIDE)                                   \
	KEY(TLS_VERSION, "s3:TlsVersion", ONE, WIDE)                                               \
	KEY(VERSION_ID, "s3:VersionId", ONE, WIDE)                                                 \
	KEY(AMZ_ACL, "s3:x-amz-acl", ONE, WIDE)                                                    \
	KEY(AMZ_CONTENT_SHA256, "s3:x-amz-content-sha256", ONE, WIDE)                              \
	KEY(AMZ_COPY_SOURCE, "s3:x-amz-copy-source", ONE, WIDE)                                    \
	KEY(AMZ_GRANT_FULL_CONTROL, "s3:x-amz-grant-full-control", ONE, WIDE)                      \
	KEY(AMZ_GRANT_READ, "s3:x-amz-grant-read", ONE, WIDE)                                      \
	KEY(AMZ_GRANT_READ_ACP, "s3:x-amz-grant-read-acp", ONE, WIDE)                              \
	KEY(AMZ_GRANT_WRITE, "s3:x-amz-grant-write", ONE, WIDE)                                    \
	KEY(AMZ_GRANT_WRITE_ACP, "s3:x-amz-grant-write-acp", ONE, WIDE)                            \
	KEY(AMZ_METADATA_DIRECTIVE, "s3:x-amz-metadata-directive", ONE, WIDE)                      \
	KEY(AMZ_OBJECT_OWNERSHIP, "s3:x-amz-object-ownership", ONE, WIDE)                          \
	KEY(AMZ_SERVER_SIDE_ENCRYPTION, "s3:x-amz-server-side-encryption", ONE, WIDE)              \
	KEY(AMZ_SSE_CUSTOMER_ALGORITHM, "s3:x-amz-server-side-encryption-customer-algorithm", ONE, \
	    WIDE)                                                                                  \
	KEY(AMZ_STORAGE_CLASS, "s3:x-amz-storage-class", ONE, WIDE)                                \
	KEY(AMZ_WEBSITE_REDIRECT_LOCATION, "s3:x-amz-website-redirect-location", ONE, WIDE)        \
                                                                                                   \
	KEY(MFA_AGE, "aws:MultiFactorAuthAge", ONE, WIDE)                                          \
	KEY(MFA_PRESENT, "aws:MultiFactorAuthPresent", ONE, WIDE)                                  \
	KEY(PRINCIPAL_IS_SERVICE, "aws:PrincipalIsAWSService", ONE, WIDE)                          \
	KEY(PRINCIPAL_ORG_ID, "aws:PrincipalOrgID", ONE, FIXES)                                    \
	KEY(PRINCIPAL_TAG, "aws:PrincipalTag/", TAG, WIDE)                                         \
	KEY(REQUESTED_REGION, "aws:RequestedRegion", ONE, WIDE)                                    \
	KEY(RESOURCE_TAG, "aws:ResourceTag/", TAG, WIDE)                                           \
	KEY(SOURCE_ACCOUNT, "aws:SourceAccount", ONE, FIXES)                                       \
	KEY(SOURCE_ARN, "aws:SourceArn", ONE, FIXES)                                               \
	KEY(SOURCE_OWNER, "aws:SourceOwner", ONE, FIXES)                                           \
	KEY(SOURCE_VPC, "aws:SourceVpc", ONE, FIXES)                                               \
	KEY(SOURCE_VPCE, "aws:SourceVpce", ONE, FIXES)                                             \
	KEY(TAG_KEYS, "aws:TagKeys", MANY, WIDE)                                                   \
	KEY(TOKEN_ISSUE_TIME, "aws:TokenIssueTime", ONE, WIDE)                                     \
	KEY(VIA_AWS_SERVICE, "aws:ViaAWSService", ONE, WIDE)                                       \
	KEY(ACCESS_POINT_NETWORK_ORIGIN, "s3:AccessPointNetworkOrigin", ONE, WIDE)                 \
	KEY(DATA_ACCESS_POINT_ACCOUNT, "s3:DataAccessPointAccount", ONE, FIXES)                    \
	KEY(DATA_ACCESS_POINT_ARN, "s3:DataAccessPointArn", ONE, FIXES)                            \
	KEY(AMZ_SSE_KMS_KEY_ID, "s3:x-amz-server-side-encryption-aws-kms-key-id", ONE, FIXES)

enum policy_key {
#define KEY(SYMBOL, ...) POLICY_KEY_##SYMBOL,
	POLICY_KEYS(KEY)
#undef KEY
	POLICY_KEY_COUNT,
};

enum policy_shape {
	POLICY_SHAPE_ONE,
	POLICY_SHAPE_MANY,
	POLICY_SHAPE_TAG,
};

struct policy_key_row {
	const char *name;
	enum policy_shape shape;
	bool fixes;
};

extern const struct policy_key_row policy_keys[POLICY_KEY_COUNT];

/*
 * The key of that name in any case, or POLICY_KEY_COUNT. For a TAG, *ret_tag is what stands behind the
 * slash, borrowed and as it is written; else SPAN_NONE.
 */
enum policy_key policy_key_find(struct span name, struct span *ret_tag);

/* Kleene's three values: UNKNOWN is what would be YES or NO if more were known. */
enum policy_truth {
	POLICY_NO,
	POLICY_YES,
	POLICY_UNKNOWN,
};

static inline enum policy_truth policy_truth_of(bool b)
{
	return b ? POLICY_YES : POLICY_NO;
}

enum policy_truth policy_and(enum policy_truth a, enum policy_truth b);
enum policy_truth policy_or(enum policy_truth a, enum policy_truth b);
enum policy_truth policy_not(enum policy_truth a);

#define POLICY_ACCOUNT_MAX 64	/* an account's id, as ARNs have it */
#define POLICY_USER_MAX 256
#define POLICY_ANONYMOUS_NAME "anonymous"	/* to aws:userid and aws:PrincipalAccount */

enum policy_who {
	POLICY_ANONYMOUS,
	POLICY_ROOT,	/* the account itself */
	POLICY_USER,
};

/* Who asks. What an anonymous one has not is SPAN_NONE. */
struct policy_principal {
	enum policy_who who;
	struct span account;		/* at most POLICY_ACCOUNT_MAX bytes */
	struct span user;		/* for POLICY_USER, at most POLICY_USER_MAX bytes */
	struct span user_id;		/* for POLICY_USER: unique for ever, unlike the name */
	struct span canonical_id;	/* of the account */
};

#define POLICY_NUMBER_TEXT_MAX 21
#define POLICY_NUMBERS_MAX 4

/* Not to be copied or moved once filled in: some values stand in it. */
struct policy_context {
	struct span values[POLICY_KEY_COUNT];	/* of keys with ONE value; SPAN_NONE: the request has none */
	struct span existing_tags;		/* whole pairs: what the object has */
	struct span request_tags;		/* whole pairs: what the request would give it */
	uint64_t unknown[(POLICY_KEY_COUNT + 63) / 64];	/* bits: by enum policy_key */
	char time[DATE_TEXT_MAX];
	char arn[sizeof("arn:aws:iam:::user/") + POLICY_ACCOUNT_MAX + POLICY_USER_MAX];
	char numbers[POLICY_NUMBERS_MAX][POLICY_NUMBER_TEXT_MAX];
	unsigned int number_count;
};

/* Everything but what is set below is as if the request did not have it. */
#define POLICY_CONTEXT_INIT ((struct policy_context){ 0 })

/* The value is not known here; what it would matter for is UNDECIDED. */
void policy_context_set_unknown(struct policy_context *c, enum policy_key key);

/* The value is known here after all; SPAN_NONE: the request has none. Of keys with ONE value, or of a TAG. */
void policy_context_set_known(struct policy_context *c, enum policy_key key, struct span value);

/* aws:CurrentTime and aws:EpochTime. Seconds since 1970. */
void policy_context_set_time(struct policy_context *c, int64_t now_s);

/* aws:userid, aws:username and aws:Principal*; borrowed. */
void policy_context_set_principal(struct policy_context *c, const struct policy_principal *p);

/* At most POLICY_NUMBERS_MAX of them, time and request included: one more is not known. */
void policy_context_set_number(struct policy_context *c, enum policy_key key, uint64_t value);

/* What the keys of S3 say about the request itself: headers and parameters; borrowed from it. */
void policy_context_set_request(struct policy_context *c, const struct s3_request *r);

/* YES with the value, NO where the request has none, UNKNOWN. Not for keys with MANY values. */
enum policy_truth policy_context_get(const struct policy_context *c, enum policy_key key,
				     struct span tag, struct span *ret);

/* For keys with MANY values: YES with those, as the names of pairs, which may be none. */
enum policy_truth policy_context_get_many(const struct policy_context *c, enum policy_key key,
					  struct span *ret_pairs);
