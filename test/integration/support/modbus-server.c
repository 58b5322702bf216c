/*
 * A Modbus server of libmodbus with values of every type and order on unit 7: "tcp", or "rtu PATH". Prints its port and
 * what it holds as one line of JSON, then serves until it is ended. A read of holding registers from 40000 on is refused
 * with the exception whose code is the rest.
 */
#include <errno.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

enum { UNIT = 7, REGISTERS = 200, COILS = 11, REFUSED_FROM = 40000 };
static const int coils[COILS] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1};

static int used = 0;

/* Lays out a value of `bytes` bytes in one of the four orders; `text` is the value as JSON. */
static void place(modbus_mapping_t *map, const char *type, const void *value, int bytes, const char *text) {
  for (int order = 0; order < 4; order++) {
    const int little_words = order & 1, little_bytes = order & 2;
    const int words = bytes / 2;
    for (int word = 0; word < words; word++) {
      /* This machine has the least significant byte first. */
      const unsigned char *at = (const unsigned char *)value + 2 * (little_words ? word : words - 1 - word);
      const int high = little_bytes ? at[0] : at[1], low = little_bytes ? at[1] : at[0];
      map->tab_registers[used + word] = map->tab_input_registers[used + word] = (uint16_t)(high << 8 | low);
    }
    printf("%s{\"address\":%d,\"type\":\"%s\",\"word_order\":\"%s\",\"byte_order\":\"%s\",\"value\":%s}", used ? "," : "",
           used, type, little_words ? "little" : "big", little_bytes ? "little" : "big", text);
    used += words;
  }
}

static void place_all(modbus_mapping_t *map) {
  char text[64];
  const uint16_t u16 = 0xFEDC;
  const int16_t s16 = -1234;
  const uint32_t u32 = 0xFEDCBA98u;
  const int32_t s32 = -123456789;
  const uint64_t u64 = 0x001FEDCBA9876543ull;
  const int64_t s64 = -123456789012345ll;
  const float f32 = 49.984375f;
  const double f64 = 59.9712345678901;
  snprintf(text, sizeof text, "%u", u16), place(map, "u16", &u16, 2, text);
  snprintf(text, sizeof text, "%d", s16), place(map, "s16", &s16, 2, text);
  snprintf(text, sizeof text, "%lu", (unsigned long)u32), place(map, "u32", &u32, 4, text);
  snprintf(text, sizeof text, "%d", s32), place(map, "s32", &s32, 4, text);
  snprintf(text, sizeof text, "%llu", (unsigned long long)u64), place(map, "u64", &u64, 8, text);
  snprintf(text, sizeof text, "%lld", (long long)s64), place(map, "s64", &s64, 8, text);
  snprintf(text, sizeof text, "%.9g", f32), place(map, "f32", &f32, 4, text);
  snprintf(text, sizeof text, "%.17g", f64), place(map, "f64", &f64, 8, text);
}

static int port_of(int socket) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  return getsockname(socket, (struct sockaddr *)&address, &length) == 0 ? ntohs(address.sin_port) : 0;
}

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, modbus_strerror(errno));
  exit(1);
}

static void serve(modbus_t *context, modbus_mapping_t *map) {
  uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
  const int header = modbus_get_header_length(context);
  for (;;) {
    const int length = modbus_receive(context, request);
    if (length == 0) continue;
    if (length < 0) {
      if (errno == ECONNRESET) return;
      continue;
    }
    const int address = request[header + 1] << 8 | request[header + 2];
    const int code = address - REFUSED_FROM;
    if (request[header] == MODBUS_FC_READ_HOLDING_REGISTERS && code > 0 && code < MODBUS_EXCEPTION_MAX) {
      modbus_reply_exception(context, request, (unsigned)code);
    } else {
      modbus_reply(context, request, length, map);
    }
  }
}

int main(int count, char **arguments) {
  const int is_rtu = count == 3 && strcmp(arguments[1], "rtu") == 0;
  modbus_t *context = is_rtu ? modbus_new_rtu(arguments[2], 115200, 'N', 8, 1) : modbus_new_tcp("127.0.0.1", 0);
  modbus_mapping_t *map = modbus_mapping_new(COILS, COILS, REGISTERS, REGISTERS);
  if (!context || !map) fail("libmodbus");
  modbus_set_slave(context, UNIT);
  for (int at = 0; at < REGISTERS; at++) map->tab_registers[at] = map->tab_input_registers[at] = (uint16_t)at;
  for (int at = 0; at < COILS; at++) {
    map->tab_bits[at] = (uint8_t)coils[at];
    map->tab_input_bits[at] = (uint8_t)!coils[at];
  }
  int listener = -1;
  if (is_rtu ? modbus_connect(context) < 0 : (listener = modbus_tcp_listen(context, 1)) < 0) fail(arguments[1]);
  printf("{\"port\":%d,\"unit\":%d,\"registers\":%d,\"coils\":[", is_rtu ? 0 : port_of(listener), UNIT, REGISTERS);
  for (int at = 0; at < COILS; at++) printf("%s%d", at ? "," : "", coils[at]);
  printf("],\"points\":[");
  place_all(map);
  printf("]}\n");
  fflush(stdout);
  do {
    if (!is_rtu && modbus_tcp_accept(context, &listener) < 0) fail("accept");
    serve(context, map);
  } while (!is_rtu);
  return 0;
}
