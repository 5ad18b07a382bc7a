#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
static void wait_below(const char *path) {
    const char *folder = getenv("STALLED_FOLDER"), *file = getenv("STALLED_WHILE");
    struct timespec nap = {0, 5000000};
    char met[4096];
    if (!folder || !file || strncmp(path, folder, strlen(folder)) || access(file, F_OK)) return;
    snprintf(met, sizeof met, "%s.met", file);
    close(creat(met, 0600));
    while (!access(file, F_OK)) nanosleep(&nap, 0);
}
static void wait_for(int descriptor) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0) { path[length] = 0; wait_below(path); }
}
ssize_t read(int descriptor, void *bytes, size_t count) {
    ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
    wait_for(descriptor);
    return real(descriptor, bytes, count);
}
ssize_t pread64(int descriptor, void *bytes, size_t count, off64_t at) {
    ssize_t (*real)(int, void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pread64");
    wait_for(descriptor);
    return real(descriptor, bytes, count, at);
}
ssize_t write(int descriptor, const void *bytes, size_t count) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    wait_for(descriptor);
    return real(descriptor, bytes, count);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t at) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    wait_for(descriptor);
    return real(descriptor, bytes, count, at);
}
int fsync(int descriptor) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    wait_for(descriptor);
    return real(descriptor);
}
int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    wait_below(to);
    return real(from, to);
}
