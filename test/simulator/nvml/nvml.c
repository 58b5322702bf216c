/*
 * A stand-in for NVIDIA's libnvidia-ml.so.1. What the driver of real GPUs keeps lies here in a file that BALLAST_NVML
 * names, mapped into memory: it outlives the process that set a cap, and a test writes to it what the GPUs meet with.
 *
 * Power moves from what it was towards the lower of demand and 96 % of the cap, by e every 20 ms, and its sensor looks
 * every 20 ms: as a V100 did that was capped from 280 to 200 W (GridPilot's recording at 200 Hz: from 275 W to below
 * 200 W within 48 ms, settled near 195 W).
 *
 * gcc -shared -fPIC -O2 -o libnvidia-ml.so.1 nvml.c -lm -lpthread
 */
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NO_PERMISSION = 4, NOT_FOUND = 6, DRIVER_NOT_LOADED = 9, GPU_IS_LOST = 15 };

/* 72 bytes; nvidia-host.ts has the same offsets. */
struct gpu {
  uint32_t lost;       /* it has fallen off the bus */
  uint32_t demand_mw;  /* what runs on it would draw without a cap */
  uint32_t cap_mw, min_mw, max_mw;
  uint32_t refuse;     /* what setting a cap answers instead of doing it; 0 for none */
  uint32_t set_us;     /* how long setting a cap takes */
  uint32_t hang;       /* reading its power never returns while this is set */
  uint32_t sliced;     /* MIG */
  uint32_t from_mw;    /* what it drew at `moved_ns`, when cap or demand last changed */
  uint64_t moved_ns;
  uint64_t set_ns;     /* when a cap was last set */
  uint32_t sets;       /* how often */
  uint32_t pid;        /* of the process that computes on it; 0 for none */
  uint32_t held_mhz;   /* its clock goes no higher; 0 for a free one */
  uint32_t pad;
};

struct driver {
  uint32_t count;
  uint32_t one_at_a_time; /* whether setting caps holds a lock that all GPUs share */
  uint32_t pad[14];
  struct gpu gpus[];
};

enum { MAX_MHZ = 1530 };

static struct driver *driver;
static pthread_mutex_t settings = PTHREAD_MUTEX_INITIALIZER;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double power_mw(const struct gpu *gpu, uint64_t at_ns) {
  double cap = 0.96 * gpu->cap_mw;
  double demand = gpu->held_mhz ? (double)gpu->demand_mw * gpu->held_mhz / MAX_MHZ : gpu->demand_mw;
  double towards = demand < cap ? demand : cap;
  double since_ms = (double)(at_ns - gpu->moved_ns) / 1e6;
  return towards + (gpu->from_mw - towards) * exp(-since_ms / 20);
}

int nvmlInit_v2(void) {
  if (driver) return SUCCESS;
  const char *path = getenv("BALLAST_NVML");
  int fd = path ? open(path, O_RDWR) : -1;
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) return DRIVER_NOT_LOADED;
  void *mapped = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped == MAP_FAILED) return DRIVER_NOT_LOADED;
  driver = mapped;
  return SUCCESS;
}

int nvmlSystemGetDriverVersion(char *text, unsigned int length) {
  snprintf(text, length, "570.00");
  return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, struct gpu **handle) {
  if (index >= driver->count) return INVALID_ARGUMENT;
  *handle = &driver->gpus[index];
  return (*handle)->lost ? GPU_IS_LOST : SUCCESS;
}

int nvmlDeviceGetUUID(struct gpu *gpu, char *text, unsigned int length) {
  if (gpu->lost) return GPU_IS_LOST;
  snprintf(text, length, "GPU-00000000-0000-0000-0000-%012ld", (long)(gpu - driver->gpus));
  return SUCCESS;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, struct gpu **handle) {
  char own[96];
  for (uint32_t i = 0; i < driver->count; i++) {
    if (nvmlDeviceGetUUID(&driver->gpus[i], own, sizeof own) != SUCCESS || strcmp(own, uuid) != 0) continue;
    *handle = &driver->gpus[i];
    return SUCCESS;
  }
  return NOT_FOUND;
}

int nvmlDeviceGetName(struct gpu *gpu, char *text, unsigned int length) {
  snprintf(text, length, "Simulated V100");
  return gpu->lost ? GPU_IS_LOST : SUCCESS;
}

int nvmlDeviceGetSerial(struct gpu *gpu, char *text, unsigned int length) {
  (void)text, (void)length;
  return gpu->lost ? GPU_IS_LOST : NOT_SUPPORTED;
}

int nvmlDeviceGetPowerUsage(struct gpu *gpu, unsigned int *mw) {
  volatile uint32_t *hang = &gpu->hang;
  while (*hang) usleep(1000);
  if (gpu->lost) return GPU_IS_LOST;
  uint64_t at = now_ns();
  *mw = (unsigned int)power_mw(gpu, at - at % 20000000u < gpu->moved_ns ? gpu->moved_ns : at - at % 20000000u);
  return SUCCESS;
}

int nvmlDeviceGetPowerManagementLimit(struct gpu *gpu, unsigned int *mw) {
  *mw = gpu->cap_mw;
  return gpu->lost ? GPU_IS_LOST : SUCCESS;
}

int nvmlDeviceGetPowerManagementLimitConstraints(struct gpu *gpu, unsigned int *min, unsigned int *max) {
  if (gpu->lost) return GPU_IS_LOST;
  if (gpu->max_mw == 0) return NOT_SUPPORTED;
  *min = gpu->min_mw;
  *max = gpu->max_mw;
  return SUCCESS;
}

int nvmlDeviceSetPowerManagementLimit(struct gpu *gpu, unsigned int mw) {
  if (gpu->lost) return GPU_IS_LOST;
  if (gpu->refuse) return (int)gpu->refuse;
  if (mw < gpu->min_mw || mw > gpu->max_mw) return INVALID_ARGUMENT;
  if (driver->one_at_a_time) pthread_mutex_lock(&settings);
  if (gpu->set_us) usleep(gpu->set_us);
  uint64_t at = now_ns();
  gpu->from_mw = (uint32_t)power_mw(gpu, at);
  gpu->moved_ns = gpu->set_ns = at;
  gpu->cap_mw = mw;
  gpu->sets++;
  if (driver->one_at_a_time) pthread_mutex_unlock(&settings);
  return SUCCESS;
}

int nvmlDeviceGetClockInfo(struct gpu *gpu, unsigned int type, unsigned int *mhz) {
  (void)type;
  *mhz = gpu->held_mhz ? gpu->held_mhz : gpu->demand_mw > 0.96 * gpu->cap_mw ? 1290 : MAX_MHZ;
  return gpu->lost ? GPU_IS_LOST : SUCCESS;
}

int nvmlDeviceGetMaxClockInfo(struct gpu *gpu, unsigned int type, unsigned int *mhz) {
  (void)type;
  *mhz = MAX_MHZ;
  return gpu->lost ? GPU_IS_LOST : SUCCESS;
}

static int hold(struct gpu *gpu, uint32_t mhz) {
  if (gpu->lost) return GPU_IS_LOST;
  if (gpu->refuse) return (int)gpu->refuse;
  uint64_t at = now_ns();
  gpu->from_mw = (uint32_t)power_mw(gpu, at);
  gpu->moved_ns = at;
  gpu->held_mhz = mhz;
  return SUCCESS;
}

int nvmlDeviceSetGpuLockedClocks(struct gpu *gpu, unsigned int min_mhz, unsigned int max_mhz) {
  return min_mhz > max_mhz || max_mhz == 0 ? INVALID_ARGUMENT : hold(gpu, max_mhz);
}

int nvmlDeviceResetGpuLockedClocks(struct gpu *gpu) { return hold(gpu, 0); }

int nvmlDeviceGetTemperature(struct gpu *gpu, unsigned int sensor, unsigned int *celsius) {
  (void)sensor;
  *celsius = 64;
  return gpu->lost ? GPU_IS_LOST : SUCCESS;
}

int nvmlDeviceGetUtilizationRates(struct gpu *gpu, unsigned int rates[2]) {
  if (gpu->lost) return GPU_IS_LOST;
  if (gpu->sliced) return NOT_SUPPORTED;
  rates[0] = gpu->pid ? 97 : 0;
  rates[1] = gpu->pid ? 40 : 0;
  return SUCCESS;
}

int nvmlDeviceGetMemoryInfo(struct gpu *gpu, unsigned long long memory[3]) {
  memory[0] = 34359738368u;
  memory[2] = gpu->pid ? 30000000000u : 300000000u;
  memory[1] = memory[0] - memory[2];
  return gpu->lost ? GPU_IS_LOST : SUCCESS;
}

struct process {
  unsigned int pid;
  unsigned long long memory;
  unsigned int instance, compute;
};

int nvmlDeviceGetComputeRunningProcesses_v3(struct gpu *gpu, unsigned int *count, struct process *processes) {
  if (gpu->lost) return GPU_IS_LOST;
  *count = gpu->pid ? 1 : 0;
  if (gpu->pid) processes[0] = (struct process){gpu->pid, 30000000000u, 0xffffffffu, 0xffffffffu};
  return SUCCESS;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(struct gpu *gpu, unsigned long long *bits) {
  *bits = gpu->demand_mw > 0.96 * gpu->cap_mw ? 0x4 : 0;
  return gpu->lost ? GPU_IS_LOST : SUCCESS;
}

int nvmlDeviceGetMigMode(struct gpu *gpu, unsigned int *current, unsigned int *pending) {
  *current = *pending = gpu->sliced;
  return gpu->lost ? GPU_IS_LOST : SUCCESS;
}
