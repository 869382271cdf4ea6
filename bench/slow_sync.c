/* An ordinary cloud disk on a quick one: LD_PRELOAD this, and every fsync and fdatasync takes 2 ms longer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static const struct timespec EXTRA = {0, 2000000};

static int slowly(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    nanosleep(&EXTRA, 0);
    return real(fd);
}

int fsync(int fd) { return slowly("fsync", fd); }

int fdatasync(int fd) { return slowly("fdatasync", fd); }
