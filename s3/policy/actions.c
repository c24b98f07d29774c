/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/actions.h"

#include "s3/operations.h"

/* Documented, and no operation's yet. What becomes one leaves this list; a test sees to that. */
static const char *const others[] = {
	"AssociateAccessGrantsIdentityCenter",
	"BypassGovernanceRetention",
	"CreateAccessGrant",
	"CreateAccessGrantsInstance",
	"CreateAccessGrantsLocation",
	"CreateAccessPoint",
	"CreateAccessPointForObjectLambda",
	"CreateBucketMetadataTableConfiguration",
	"CreateJob",
	"CreateMultiRegionAccessPoint",
	"CreateStorageLensGroup",
	"DeleteAccessGrant",
	"DeleteAccessGrantsInstance",
	"DeleteAccessGrantsInstanceResourcePolicy",
	"DeleteAccessGrantsLocation",
	"DeleteAccessPoint",
	"DeleteAccessPointForObjectLambda",
	"DeleteAccessPointPolicy",
	"DeleteAccessPointPolicyForObjectLambda",
	"DeleteBucketMetadataTableConfiguration",
	"DeleteBucketWebsite",
	"DeleteJobTagging",
	"DeleteMultiRegionAccessPoint",
	"DeleteObjectTagging",
	"DeleteObjectVersion",
	"DeleteObjectVersionTagging",
	"DeleteStorageLensConfiguration",
	"DeleteStorageLensConfigurationTagging",
	"DeleteStorageLensGroup",
	"DescribeJob",
	"DescribeMultiRegionAccessPointOperation",
	"DissociateAccessGrantsIdentityCenter",
	"GetAccessGrant",
	"GetAccessGrantsInstance",
	"GetAccessGrantsInstanceForPrefix",
	"GetAccessGrantsInstanceResourcePolicy",
	"GetAccessGrantsLocation",
	"GetAccessPoint",
	"GetAccessPointConfigurationForObjectLambda",
	"GetAccessPointForObjectLambda",
	"GetAccessPointPolicy",
	"GetAccessPointPolicyForObjectLambda",
	"GetAccessPointPolicyStatus",
	"GetAccessPointPolicyStatusForObjectLambda",
	"GetAccountPublicAccessBlock",
	"GetAnalyticsConfiguration",
	"GetBucketMetadataTableConfiguration",
	"GetDataAccess",
	"GetIntelligentTieringConfiguration",
	"GetInventoryConfiguration",
	"GetJobTagging",
	"GetMetricsConfiguration",
	"GetMultiRegionAccessPoint",
	"GetMultiRegionAccessPointPolicy",
	"GetMultiRegionAccessPointPolicyStatus",
	"GetMultiRegionAccessPointRoutes",
	"GetObjectLegalHold",
	"GetObjectRetention",
	"GetObjectTorrent",
	"GetObjectVersion",
	"GetObjectVersionAcl",
	"GetObjectVersionAttributes",
	"GetObjectVersionForReplication",
	"GetObjectVersionTagging",
	"GetObjectVersionTorrent",
	"GetStorageLensConfiguration",
	"GetStorageLensConfigurationTagging",
	"GetStorageLensDashboard",
	"GetStorageLensGroup",
	"InitiateReplication",
	"ListAccessGrants",
	"ListAccessGrantsInstances",
	"ListAccessGrantsLocations",
	"ListAccessPoints",
	"ListAccessPointsForObjectLambda",
	"ListBucketVersions",
	"ListCallerAccessGrants",
	"ListJobs",
	"ListMultiRegionAccessPoints",
	"ListStorageLensConfigurations",
	"ListStorageLensGroups",
	"ListTagsForResource",
	"ObjectOwnerOverrideToBucketOwner",
	"PauseReplication",
	"PutAccelerateConfiguration",
	"PutAccessGrantsInstanceResourcePolicy",
	"PutAccessPointConfigurationForObjectLambda",
	"PutAccessPointPolicy",
	"PutAccessPointPolicyForObjectLambda",
	"PutAccessPointPublicAccessBlock",
	"PutAccountPublicAccessBlock",
	"PutAnalyticsConfiguration",
	"PutBucketAcl",
	"PutBucketCORS",
	"PutBucketLogging",
	"PutBucketNotification",
	"PutBucketObjectLockConfiguration",
	"PutBucketOwnershipControls",
	"PutBucketRequestPayment",
	"PutBucketTagging",
	"PutBucketVersioning",
	"PutBucketWebsite",
	"PutEncryptionConfiguration",
	"PutIntelligentTieringConfiguration",
	"PutInventoryConfiguration",
	"PutJobTagging",
	"PutLifecycleConfiguration",
	"PutMetricsConfiguration",
	"PutMultiRegionAccessPointPolicy",
	"PutObjectAcl",
	"PutObjectLegalHold",
	"PutObjectRetention",
	"PutObjectTagging",
	"PutObjectVersionAcl",
	"PutObjectVersionTagging",
	"PutReplicationConfiguration",
	"PutStorageLensConfiguration",
	"PutStorageLensConfigurationTagging",
	"ReplicateDelete",
	"ReplicateObject",
	"ReplicateTags",
	"RestoreObject",
	"SubmitMultiRegionAccessPointRoutes",
	"TagResource",
	"UntagResource",
	"UpdateAccessGrantsLocation",
	"UpdateJobPriority",
	"UpdateJobStatus",
	"UpdateStorageLensGroup",
};

static bool is_meant(struct policy_matcher *m, const struct policy_pattern *p, struct span action)
{
	return policy_match(m, p, action, true) == POLICY_YES;
}

static struct span without_vendor(const char *action)
{
	return span_skip(span_from_string(action), strlen(POLICY_ACTION_VENDOR));
}

static bool is_one_of_ours(struct policy_matcher *m, const struct policy_pattern *p)
{
	for (unsigned int i = 0; i < S3_OPERATION_COUNT; i++)
		/* Its row stands for all of the configurations, whose actions are their own. */
		if (i != S3_GET_BUCKET_CONFIGURATION &&
		    is_meant(m, p, without_vendor(s3_operations[i].action)))
			return true;
	for (unsigned int i = 0; i < S3_CONFIGURATION_COUNT; i++)
		if (is_meant(m, p, without_vendor(s3_configurations[i].action)))
			return true;
	return false;
}

bool policy_action_exists(struct policy_matcher *m, const struct policy_pattern *p)
{
	if (is_one_of_ours(m, p))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (is_meant(m, p, span_from_string(others[i])))
			return true;
	return false;
}
