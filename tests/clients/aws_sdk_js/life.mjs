// SPDX-License-Identifier: Apache-2.0

// The AWS SDK for JavaScript, version 3, lives its whole life on a server. What to do it with
// stands in the environment; the first thing that is not as it should be throws.

import assert from "node:assert/strict";
import { createReadStream, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import {
	AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CopyObjectCommand,
	CreateBucketCommand, CreateMultipartUploadCommand, DeleteBucketCommand, DeleteObjectCommand,
	DeleteObjectsCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand,
	ListMultipartUploadsCommand, ListObjectsCommand, PutObjectCommand, S3Client,
	UploadPartCopyCommand, paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

const MIB = 1024 * 1024;
const { LIFE_ENDPOINT, LIFE_ACCESS_KEY, LIFE_SECRET_KEY, LIFE_REGION, LIFE_FILE, LIFE_BUCKET,
	LIFE_KEYS } = process.env;
const Bucket = LIFE_BUCKET;
const KEY = "dir/big file.bin";
const big = readFileSync(LIFE_FILE);

const client = new S3Client({
	endpoint: LIFE_ENDPOINT,
	region: LIFE_REGION,
	forcePathStyle: true,
	maxAttempts: 1,
	credentials: { accessKeyId: LIFE_ACCESS_KEY, secretAccessKey: LIFE_SECRET_KEY },
});

async function get(Key, how = {}) {
	const answer = await client.send(new GetObjectCommand({ Bucket, Key, ...how }));
	return Buffer.from(await answer.Body.transformToByteArray());
}

async function expectBody(Key, want, how = {}) {
	const got = await get(Key, how);
	assert.ok(got.equals(want), `${Key}: ${got.length} bytes that differ from ${want.length}`);
}

async function listed() {
	const keys = [];
	for await (const page of paginateListObjectsV2({ client, pageSize: 7 },
		{ Bucket, EncodingType: "url" }))
		for (const entry of page.Contents ?? [])
			keys.push(decodeURIComponent(entry.Key.replaceAll("+", " ")));
	return keys;
}

async function code(command) {
	try {
		await client.send(command);
	} catch (error) {
		return error.name;
	}
	return null;
}

async function whole() {
	await client.send(new CreateBucketCommand({ Bucket }));
	await client.send(new HeadBucketCommand({ Bucket }));
	const upload = new Upload({
		client, partSize: 8 * MIB, queueSize: 3,
		params: { Bucket, Key: KEY, Body: createReadStream(LIFE_FILE),
			ContentType: "application/x-big", Metadata: { origin: "life" } },
	});
	await upload.done();
	assert.deepEqual(await listed(), [KEY]);
	const head = await client.send(new HeadObjectCommand({ Bucket, Key: KEY }));
	assert.equal(head.ContentLength, big.length);
	assert.equal(head.ContentType, "application/x-big");
	assert.deepEqual(head.Metadata, { origin: "life" });
}

async function fetchIt() {
	await expectBody(KEY, big);
	await expectBody(KEY, big.subarray(8 * MIB - 5, 24 * MIB + 6),
		{ Range: `bytes=${8 * MIB - 5}-${24 * MIB + 5}` });
	await expectBody(KEY, big.subarray(8 * MIB, 16 * MIB), { PartNumber: 2 });
}

// A body in one piece, with the checksum that the SDK makes by itself and verifies.
async function onePiece() {
	const body = big.subarray(0, 3 * MIB + 1);
	for (const ChecksumAlgorithm of [undefined, "CRC32", "CRC32C", "SHA1", "SHA256"]) {
		await client.send(new PutObjectCommand({ Bucket, Key: "piece", Body: body,
			ChecksumAlgorithm }));
		await expectBody("piece", body, { ChecksumMode: "ENABLED" });
	}
}

// A stream has no length to sign: the SDK sends it with a trailer.
async function stream() {
	const body = big.subarray(0, 6 * MIB + 7);
	await client.send(new PutObjectCommand({ Bucket, Key: "stream", Body: Readable.from([body]),
		ContentLength: body.length }));
	await expectBody("stream", body, { ChecksumMode: "ENABLED" });
}

async function copies() {
	const CopySource = `${Bucket}/${encodeURIComponent(KEY)}`;
	await client.send(new CopyObjectCommand({ Bucket, Key: "copied", CopySource }));
	await expectBody("copied", big);
	const { UploadId } = await client.send(new CreateMultipartUploadCommand(
		{ Bucket, Key: "composed" }));
	const Parts = [];
	for (const [index, range] of [`0-${6 * MIB - 1}`, `0-${big.length - 1}`].entries()) {
		const made = await client.send(new UploadPartCopyCommand({ Bucket, Key: "composed", UploadId,
			PartNumber: index + 1, CopySource, CopySourceRange: `bytes=${range}` }));
		Parts.push({ PartNumber: index + 1, ...made.CopyPartResult });
	}
	await client.send(new CompleteMultipartUploadCommand(
		{ Bucket, Key: "composed", UploadId, MultipartUpload: { Parts } }));
	await expectBody("composed", Buffer.concat([big.subarray(0, 6 * MIB), big]));
}

async function abandoned() {
	const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "never" }));
	const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
	assert.deepEqual(Uploads.map((u) => u.UploadId), [UploadId]);
	await client.send(new AbortMultipartUploadCommand({ Bucket, Key: "never", UploadId }));
}

async function mistakes() {
	assert.equal(await code(new GetObjectCommand({ Bucket, Key: "missing" })), "NoSuchKey");
	assert.equal(await code(new HeadObjectCommand({ Bucket, Key: "missing" })), "NotFound");
	assert.equal(await code(new DeleteBucketCommand({ Bucket })), "BucketNotEmpty");
	assert.equal(await code(new CreateBucketCommand({ Bucket })), "BucketAlreadyOwnedByYou");
	assert.equal(await code(new PutObjectCommand({ Bucket, Key: "copied", Body: "x",
		IfNoneMatch: "*" })), "PreconditionFailed");
}

async function remove() {
	await client.send(new DeleteObjectCommand({ Bucket, Key: KEY }));
	const left = await client.send(new ListObjectsCommand({ Bucket }));
	const Objects = left.Contents.map(({ Key }) => ({ Key }));
	const { Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
	assert.deepEqual(Errors ?? [], []);
	assert.deepEqual(await listed(), []);
}

async function awkward() {
	const keys = JSON.parse(readFileSync(LIFE_KEYS, "utf8"));
	for (const Key of keys)
		await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
	const inOrder = keys.map((k) => Buffer.from(k)).sort(Buffer.compare).map(String);
	assert.deepEqual(await listed(), inOrder);
	for (const Key of keys) {
		await expectBody(Key, Buffer.from(Key));
		await client.send(new DeleteObjectCommand({ Bucket, Key }));
	}
	assert.deepEqual(await listed(), []);
	await client.send(new DeleteBucketCommand({ Bucket }));
}

for (const step of [whole, fetchIt, onePiece, stream, copies, abandoned, mistakes, remove,
	awkward]) {
	await step();
	console.log(step.name);
}
