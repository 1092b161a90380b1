#include "coordinator/certificate.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/tls.h"
#include "coordinator/metrics.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOBODY = 65534 };

static char folder[] = "/tmp/plenum-certificate-XXXXXX";
static char cert_path[64], key_path[64];
static struct tls_authority *authority;

static int make_folder(void **state UNUSED)
{
    struct err err;
    assert_non_null(mkdtemp(folder));
    snprintf(cert_path, sizeof(cert_path), "%s/cert.pem", folder);
    snprintf(key_path, sizeof(key_path), "%s/key.pem", folder);
    log_set_level(LOG_ERROR + 1);
    return tls_authority_open(folder, &authority, &err);
}

static int remove_folder(void **state UNUSED)
{
    DIR *all = opendir(folder);
    tls_authority_free(authority);
    for (struct dirent *entry; (entry = readdir(all)) != NULL;)
        unlinkat(dirfd(all), entry->d_name, 0);
    closedir(all);
    return rmdir(folder);
}

static void write_pair(const char *name, int64_t valid_seconds)
{
    struct buf key, request, cert;
    struct err err;
    buf_init(&key, TLS_PEM_MAX_BYTES);
    buf_init(&request, TLS_PEM_MAX_BYTES);
    buf_init(&cert, TLS_PEM_MAX_BYTES);
    assert_int_equal(tls_new_request(&key, &request, &err), 0);
    assert_int_equal(tls_authority_sign(authority, request.data, name, valid_seconds, &cert, &err), 0);
    assert_int_equal(file_write(key_path, 0600, key.data, key.length, &err), 0);
    assert_int_equal(file_write(cert_path, 0644, cert.data, cert.length, &err), 0);
    buf_release(&key);
    buf_release(&request);
    buf_release(&cert);
}

static int64_t metric(const char *name)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    metrics_print(&text);
    const char *found = strstr(text.data, name);
    int64_t value = strtoll(found + strlen(name), NULL, 10);
    buf_release(&text);
    return value;
}

#define DONE metric("plenum_tls_reloads_total{outcome=\"done\"} ")
#define FAILED metric("plenum_tls_reloads_total{outcome=\"failed\"} ")

static void assert_serves(struct certificate *certificate, const char *name)
{
    SSL_CTX *context = tls_slot_take(certificate_slot(certificate));
    char got[64];
    assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_CTX_get0_certificate(context)),
                    NID_commonName, got, sizeof(got)) > 0);
    assert_string_equal(got, name);
    SSL_CTX_free(context);
}

static struct certificate *open_it(void)
{
    struct certificate *certificate;
    struct err err;
    assert_int_equal(certificate_open(cert_path, key_path, &certificate, &err), 0);
    return certificate;
}

// As whoever runs the tests: for root by the process that stays root.
static void pairs_replace_each_other(void **state UNUSED)
{
    write_pair("first", 3600);
    struct certificate *certificate = open_it();
    assert_serves(certificate, "first");
    int64_t done = DONE, failed = FAILED;
    write_pair("second", 3600);
    certificate_reload(certificate);
    assert_serves(certificate, "second");
    write_pair("third", -60); // has ended
    certificate_reload(certificate);
    assert_serves(certificate, "second");
    unlink(key_path);
    certificate_reload(certificate);
    assert_serves(certificate, "second");
    write_pair("fourth", 3600);
    certificate_tend(certificate); // looks at once, and then not for a while
    assert_serves(certificate, "fourth");
    write_pair("fifth", 3600);
    certificate_tend(certificate);
    assert_serves(certificate, "fourth");
    assert_int_equal(DONE - done, 2);
    assert_int_equal(FAILED - failed, 2);
    certificate_free(certificate);
}

static void a_pair_that_stays_is_not_taken_again(void **state UNUSED)
{
    write_pair("first", 3600);
    struct certificate *certificate = open_it();
    SSL_CTX *before = tls_slot_take(certificate_slot(certificate));
    int64_t done = DONE;
    certificate_tend(certificate);
    SSL_CTX *after = tls_slot_take(certificate_slot(certificate));
    assert_ptr_equal(before, after);
    assert_int_equal(DONE, done);
    SSL_CTX_free(before);
    SSL_CTX_free(after);
    certificate_free(certificate);
}

static void a_start_needs_a_pair_that_fits(void **state UNUSED)
{
    struct certificate *certificate;
    struct err err;
    assert_int_equal(certificate_open(NULL, NULL, &certificate, &err), 0);
    assert_null(certificate);
    assert_null(certificate_slot(certificate));
    certificate_reload(certificate); // SIGHUP without TLS
    certificate_tend(certificate);
    assert_int_equal(certificate_open(cert_path, NULL, &certificate, &err), ERR_INVALID);
    assert_int_equal(certificate_open("/nowhere", key_path, &certificate, &err), ERR_NOT_FOUND);
    write_pair("ended", -60); // better than none
    certificate = open_it();
    assert_serves(certificate, "ended");
    certificate_free(certificate);
}

static void skip_unless_root(void)
{
    if (geteuid() != 0)
        skip();
}

static pid_t only_child(void)
{
    char path[64], text[64] = "";
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
    FILE *file = fopen(path, "re");
    assert_non_null(fgets(text, sizeof(text), file));
    fclose(file);
    return (pid_t)strtol(text, NULL, 10);
}

// Who has dropped root gets at the files through the process that has not, and not otherwise.
static void the_reader_is_what_stays_root(void **state UNUSED)
{
    skip_unless_root();
    struct certificate *certificate;
    struct err err;
    write_pair("first", 3600);
    certificate = open_it();
    assert_int_equal(seteuid(NOBODY), 0);
    struct certificate *other = NULL;
    assert_int_equal(certificate_open(cert_path, key_path, &other, &err), ERR_IO);
    assert_int_equal(seteuid(0), 0);
    write_pair("second", 3600);
    assert_int_equal(seteuid(NOBODY), 0);
    certificate_reload(certificate);
    assert_serves(certificate, "second");
    assert_int_equal(seteuid(0), 0);
    // Gone, it is missed, but what it has read serves on.
    int64_t failed = FAILED;
    kill(only_child(), SIGKILL);
    write_pair("third", 3600);
    certificate_reload(certificate);
    certificate_reload(certificate);
    assert_serves(certificate, "second");
    assert_int_equal(FAILED - failed, 2);
    certificate_free(certificate);
}

static void without_root_the_files_are_read_directly(void **state UNUSED)
{
    skip_unless_root(); // for others the first test did
    write_pair("first", 3600);
    assert_int_equal(chown(folder, NOBODY, (gid_t)-1), 0);
    assert_int_equal(chown(key_path, NOBODY, (gid_t)-1), 0);
    assert_int_equal(seteuid(NOBODY), 0);
    struct certificate *certificate = open_it();
    assert_serves(certificate, "first");
    write_pair("second", 3600);
    certificate_reload(certificate);
    assert_serves(certificate, "second");
    certificate_free(certificate);
    assert_int_equal(seteuid(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_replace_each_other),
        cmocka_unit_test(a_pair_that_stays_is_not_taken_again),
        cmocka_unit_test(a_start_needs_a_pair_that_fits),
        cmocka_unit_test(the_reader_is_what_stays_root),
        cmocka_unit_test(without_root_the_files_are_read_directly),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
