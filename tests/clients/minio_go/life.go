// SPDX-License-Identifier: Apache-2.0

// life lets minio-go live its whole life on a server: a big file, and then every awkward key.
// What to do it with stands in the environment; the first thing that is not as it should be ends
// it with an error.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"sort"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const partSize = 8 << 20

var ctx = context.Background()

type life struct {
	client *minio.Client
	bucket string
	big    []byte
}

func main() {
	log.SetFlags(0)
	l, err := begin()
	if err != nil {
		log.Fatalf("begin: %v", err)
	}
	steps := []struct {
		name string
		run  func() error
	}{
		{"make the bucket", l.makeBucket},
		{"upload in parts", l.upload},
		{"list", l.list},
		{"stat", l.stat},
		{"fetch whole", l.fetchWhole},
		{"fetch a range", l.fetchRange},
		{"copy", l.copyWhole},
		{"compose", l.compose},
		{"stream of unknown length", l.stream},
		{"presigned", l.presigned},
		{"mistakes", l.mistakes},
		{"delete", l.removeAll},
		{"awkward keys", l.awkward},
		{"remove the bucket", l.removeBucket},
	}
	for _, step := range steps {
		if err := step.run(); err != nil {
			log.Fatalf("%s: %v", step.name, err)
		}
		fmt.Println(step.name)
	}
}

func begin() (*life, error) {
	client, err := minio.New(os.Getenv("LIFE_HOST"), &minio.Options{
		Creds: credentials.NewStaticV4(os.Getenv("LIFE_ACCESS_KEY"), os.Getenv("LIFE_SECRET_KEY"), ""),
	})
	if err != nil {
		return nil, err
	}
	big, err := os.ReadFile(os.Getenv("LIFE_FILE"))
	return &life{client, os.Getenv("LIFE_BUCKET"), big}, err
}

func (l *life) makeBucket() error {
	if err := l.client.MakeBucket(ctx, l.bucket, minio.MakeBucketOptions{}); err != nil {
		return err
	}
	exists, err := l.client.BucketExists(ctx, l.bucket)
	if err != nil {
		return err
	}
	if !exists {
		return errors.New("the bucket does not exist")
	}
	return nil
}

func (l *life) upload() error {
	info, err := l.client.FPutObject(ctx, l.bucket, "dir/big file.bin", os.Getenv("LIFE_FILE"),
		minio.PutObjectOptions{
			PartSize:     partSize,
			ContentType:  "application/x-big",
			UserMetadata: map[string]string{"Origin": "life"},
		})
	if err != nil {
		return err
	}
	if info.Size != int64(len(l.big)) {
		return fmt.Errorf("%d bytes uploaded", info.Size)
	}
	return nil
}

// keys lists every key under a prefix.
func (l *life) keys(prefix string, useV1 bool) ([]string, error) {
	keys := []string{}
	options := minio.ListObjectsOptions{Prefix: prefix, Recursive: true, UseV1: useV1}
	for object := range l.client.ListObjects(ctx, l.bucket, options) {
		if object.Err != nil {
			return nil, object.Err
		}
		keys = append(keys, object.Key)
	}
	return keys, nil
}

func (l *life) list() error {
	for _, useV1 := range []bool{false, true} {
		keys, err := l.keys("dir/", useV1)
		if err != nil {
			return err
		}
		if len(keys) != 1 || keys[0] != "dir/big file.bin" {
			return fmt.Errorf("listed %q", keys)
		}
	}
	return nil
}

func (l *life) stat() error {
	info, err := l.client.StatObject(ctx, l.bucket, "dir/big file.bin", minio.StatObjectOptions{})
	if err != nil {
		return err
	}
	if info.Size != int64(len(l.big)) || info.ContentType != "application/x-big" ||
		info.UserMetadata["Origin"] != "life" {
		return fmt.Errorf("size %d, type %q, metadata %v", info.Size, info.ContentType,
			info.UserMetadata)
	}
	return nil
}

func (l *life) get(key string, options minio.GetObjectOptions) ([]byte, error) {
	object, err := l.client.GetObject(ctx, l.bucket, key, options)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	return io.ReadAll(object)
}

func (l *life) expect(key string, want []byte) error {
	got, err := l.get(key, minio.GetObjectOptions{})
	if err != nil {
		return fmt.Errorf("get %q: %w", key, err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%q has %d bytes that differ from the %d wanted", key, len(got), len(want))
	}
	return nil
}

func (l *life) fetchWhole() error {
	return l.expect("dir/big file.bin", l.big)
}

func (l *life) fetchRange() error {
	options := minio.GetObjectOptions{}
	if err := options.SetRange(partSize-5, 3*partSize+5); err != nil {
		return err
	}
	got, err := l.get("dir/big file.bin", options)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, l.big[partSize-5:3*partSize+6]) {
		return fmt.Errorf("%d bytes that differ", len(got))
	}
	object, err := l.client.GetObject(ctx, l.bucket, "dir/big file.bin", minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	defer object.Close()
	tail := make([]byte, 1000)
	if _, err := object.ReadAt(tail, int64(len(l.big)-1000)); err != nil && err != io.EOF {
		return err
	}
	if !bytes.Equal(tail, l.big[len(l.big)-1000:]) {
		return errors.New("the tail differs")
	}
	return nil
}

func (l *life) copyWhole() error {
	_, err := l.client.CopyObject(ctx,
		minio.CopyDestOptions{Bucket: l.bucket, Object: "copied"},
		minio.CopySrcOptions{Bucket: l.bucket, Object: "dir/big file.bin"})
	if err != nil {
		return err
	}
	return l.expect("copied", l.big)
}

// compose makes an object of a range of one and the whole of another, as copied parts.
func (l *life) compose() error {
	const border = 6 << 20
	_, err := l.client.ComposeObject(ctx,
		minio.CopyDestOptions{Bucket: l.bucket, Object: "composed"},
		minio.CopySrcOptions{Bucket: l.bucket, Object: "copied", MatchRange: true, Start: 0,
			End: border - 1},
		minio.CopySrcOptions{Bucket: l.bucket, Object: "copied"})
	if err != nil {
		return err
	}
	return l.expect("composed", append(append([]byte{}, l.big[:border]...), l.big...))
}

func (l *life) stream() error {
	_, err := l.client.PutObject(ctx, l.bucket, "streamed",
		io.MultiReader(bytes.NewReader(l.big)), -1, minio.PutObjectOptions{PartSize: partSize})
	if err != nil {
		return err
	}
	return l.expect("streamed", l.big)
}

func (l *life) presigned() error {
	put, err := l.client.PresignedPutObject(ctx, l.bucket, "presigned", time.Minute)
	if err != nil {
		return err
	}
	request, err := http.NewRequest("PUT", put.String(), bytes.NewReader([]byte("presigned")))
	if err != nil {
		return err
	}
	if err := answered(http.DefaultClient.Do(request)); err != nil {
		return err
	}
	get, err := l.client.PresignedGetObject(ctx, l.bucket, "presigned", time.Minute, url.Values{})
	if err != nil {
		return err
	}
	if err := answered(http.Get(get.String())); err != nil {
		return err
	}
	return l.expect("presigned", []byte("presigned"))
}

func answered(response *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(response.Body)
		return fmt.Errorf("%s: %s", response.Status, said)
	}
	return nil
}

func (l *life) mistakes() error {
	_, err := l.client.StatObject(ctx, l.bucket, "missing", minio.StatObjectOptions{})
	if code := minio.ToErrorResponse(err).Code; code != "NoSuchKey" {
		return fmt.Errorf("stat of a missing key: %q", code)
	}
	_, err = l.get("missing", minio.GetObjectOptions{})
	if code := minio.ToErrorResponse(err).Code; code != "NoSuchKey" {
		return fmt.Errorf("get of a missing key: %q", code)
	}
	err = l.client.RemoveBucket(ctx, l.bucket)
	if code := minio.ToErrorResponse(err).Code; code != "BucketNotEmpty" {
		return fmt.Errorf("removal of a full bucket: %q", code)
	}
	exists, err := l.client.BucketExists(ctx, l.bucket+"-missing")
	if err != nil || exists {
		return fmt.Errorf("a missing bucket: %v, %v", exists, err)
	}
	return nil
}

// removeAll deletes one key by itself and the others in one request.
func (l *life) removeAll() error {
	err := l.client.RemoveObject(ctx, l.bucket, "dir/big file.bin", minio.RemoveObjectOptions{})
	if err != nil {
		return err
	}
	objects := l.client.ListObjects(ctx, l.bucket, minio.ListObjectsOptions{Recursive: true})
	for failure := range l.client.RemoveObjects(ctx, l.bucket, objects, minio.RemoveObjectsOptions{}) {
		return fmt.Errorf("%s: %w", failure.ObjectName, failure.Err)
	}
	return l.expectKeys(nil)
}

func (l *life) expectKeys(want []string) error {
	sort.Strings(want)
	for _, useV1 := range []bool{false, true} {
		keys, err := l.keys("", useV1)
		if err != nil {
			return err
		}
		if len(keys) != len(want) {
			return fmt.Errorf("%d keys listed, %d wanted: %q", len(keys), len(want), keys)
		}
		for i, key := range keys {
			if key != want[i] {
				return fmt.Errorf("listed %q, wanted %q", key, want[i])
			}
		}
	}
	return nil
}

// awkward puts every key beside every other, and takes them away one by one.
func (l *life) awkward() error {
	text, err := os.ReadFile(os.Getenv("LIFE_KEYS"))
	if err != nil {
		return err
	}
	var keys []string
	if err := json.Unmarshal(text, &keys); err != nil {
		return err
	}
	for _, key := range keys {
		body := bytes.NewReader([]byte(key))
		_, err := l.client.PutObject(ctx, l.bucket, key, body, int64(len(key)),
			minio.PutObjectOptions{})
		if err != nil {
			return fmt.Errorf("put %q: %w", key, err)
		}
	}
	if err := l.expectKeys(keys); err != nil {
		return err
	}
	for _, key := range keys {
		if err := l.expect(key, []byte(key)); err != nil {
			return err
		}
		err := l.client.RemoveObject(ctx, l.bucket, key, minio.RemoveObjectOptions{})
		if err != nil {
			return fmt.Errorf("remove %q: %w", key, err)
		}
	}
	return l.expectKeys(nil)
}

func (l *life) removeBucket() error {
	return l.client.RemoveBucket(ctx, l.bucket)
}
