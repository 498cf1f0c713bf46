/* The six cuBLAS 12 functions that TurboMind calls, passed on to the cuBLAS 13 that PyTorch has loaded.
   For a machine whose PyTorch is built for CUDA 13 and that cannot fetch the 581 MB of nvidia-cublas-cu12.
   Built by bench/turbomind/carry.py with the version name that lmdeploy's wheel asks for. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static void *find(const char *name) {
    static void *library;
    if (!library) library = dlopen("libcublas.so.13", RTLD_NOW | RTLD_GLOBAL);
    if (!library) library = dlopen("libcublas.so", RTLD_NOW | RTLD_GLOBAL);
    void *found = library ? dlsym(library, name) : NULL;
    if (!found) {
        fprintf(stderr, "cuBLAS 13 gives no %s: %s\n", name, dlerror());
        abort();
    }
    return found;
}

#define PASS_ON(name, types, ...)                                  \
    {                                                              \
        static int(*function) types;                               \
        if (!function) function = (int(*) types)find(name);        \
        return function(__VA_ARGS__);                              \
    }

int cublasCreate_v2(void **handle) PASS_ON("cublasCreate_v2", (void **), handle)
int cublasDestroy_v2(void *handle) PASS_ON("cublasDestroy_v2", (void *), handle)
int cublasSetStream_v2(void *handle, void *stream)
    PASS_ON("cublasSetStream_v2", (void *, void *), handle, stream)
int cublasGetMathMode(void *handle, int *mode) PASS_ON("cublasGetMathMode", (void *, int *), handle, mode)
int cublasSetWorkspace_v2(void *handle, void *space, size_t size)
    PASS_ON("cublasSetWorkspace_v2", (void *, void *, size_t), handle, space, size)
int cublasGemmEx(void *handle, int ta, int tb, int m, int n, int k, const void *alpha, const void *a, int at,
                 int lda, const void *b, int bt, int ldb, const void *beta, void *c, int ct, int ldc, int compute,
                 int algorithm)
    PASS_ON("cublasGemmEx",
            (void *, int, int, int, int, int, const void *, const void *, int, int, const void *, int, int,
             const void *, void *, int, int, int, int),
            handle, ta, tb, m, n, k, alpha, a, at, lda, b, bt, ldb, beta, c, ct, ldc, compute, algorithm)
