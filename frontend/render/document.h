/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The pieces that the XML documents of S3 have in common. */

#include "frontend/render/reply.h"
#include "ipc/answer.h"

/* Declaration and root element; then the rest is written to out->body; then the end. */
void document_begin(struct reply *out, const char *root);
void document_end(struct reply *out, const char *root);

/* <ETag> with the quotes inside. */
void document_etag(struct buffer *b, struct span etag);

/* Nanoseconds since 1970; nothing where absent. */
void document_time(struct buffer *b, const char *name, uint64_t ns);

/* Nothing where absent. */
void document_optional(struct buffer *b, const char *name, struct span text);
void document_optional_u64(struct buffer *b, const char *name, uint64_t value);

/* Percent-encoded where the client asked for encoding-type=url. */
void document_key(struct buffer *b, const char *name, struct span key, bool url);

/* <ID> and <DisplayName> inside; nothing where the id is absent. */
void document_owner(struct buffer *b, const char *name, const struct answer *a);

/* The whole of an AccessControlPolicy that names nobody but the answer's owner, who may do all. */
void document_acl(struct reply *out, const struct answer *a);

/* <StorageClass>, which is STANDARD where nothing else is said. */
void document_storage_class(struct buffer *b, const struct answer *a);

/* <ChecksumCRC32> and the like, by the answer's algorithm; nothing where it has none. */
void document_checksum(struct buffer *b, const struct answer *a);

/* <ChecksumType>; nothing where absent. */
void document_checksum_type(struct buffer *b, const struct answer *a);

/* <ChecksumAlgorithm>; nothing where absent. */
void document_checksum_algorithm(struct buffer *b, const struct answer *a);

/* "FULL_OBJECT" or "COMPOSITE", and "" for none. */
const char *document_checksum_type_name(uint64_t type);
