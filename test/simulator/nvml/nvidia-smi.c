/*
 * `nvidia-smi -i INDEX -pl WATTS` as the stand-in's own: starts, opens the library of BALLAST_NVML_LIBRARY, sets one
 * cap, ends. The real one does far more, so measuring against this flatters it.
 *
 * gcc -O2 -o nvidia-smi nvidia-smi.c -ldl
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  void *nvml = dlopen(getenv("BALLAST_NVML_LIBRARY"), RTLD_NOW);
  if (!nvml) return 9;
  int (*init)(void) = (int (*)(void))dlsym(nvml, "nvmlInit_v2");
  int (*open_gpu)(unsigned int, void **) = (int (*)(unsigned int, void **))dlsym(nvml, "nvmlDeviceGetHandleByIndex_v2");
  int (*set)(void *, unsigned int) = (int (*)(void *, unsigned int))dlsym(nvml, "nvmlDeviceSetPowerManagementLimit");
  void *gpu = NULL;
  int failed = init() || open_gpu((unsigned int)atoi(argv[2]), &gpu) || set(gpu, (unsigned int)atoi(argv[4]) * 1000);
  if (!failed) printf("Power limit for GPU %s was set to %s W.\n", argv[2], argv[4]);
  return failed ? 4 : 0;
}
