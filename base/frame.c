#include "base/frame.h"

#include <arpa/inet.h>
#include <string.h>

void frame_append(
    struct buf *out, uint16_t type, uint16_t flags, uint32_t id, const void *payload, size_t size)
{
    assert(size <= FRAME_PAYLOAD_MAX_BYTES);
    unsigned char header[FRAME_HEADER_BYTES];
    uint32_t length = htonl((uint32_t)size), id_net = htonl(id);
    uint16_t type_net = htons(type), flags_net = htons(flags);
    memcpy(header, &length, 4);
    memcpy(header + 4, &type_net, 2);
    memcpy(header + 6, &flags_net, 2);
    memcpy(header + 8, &id_net, 4);
    buf_add(out, header, sizeof(header));
    buf_add(out, payload, size);
}

int frame_peek(const struct buf *in, size_t payload_max, struct frame *ret_frame, struct err *err)
{
    if (in->length < FRAME_HEADER_BYTES)
        return 0;
    uint32_t length, id;
    uint16_t type, flags;
    memcpy(&length, in->data, 4);
    memcpy(&type, in->data + 4, 2);
    memcpy(&flags, in->data + 6, 2);
    memcpy(&id, in->data + 8, 4);
    length = ntohl(length);
    if (length > payload_max)
        return err_set(err, ERR_LIMIT, "a frame of %u bytes, at most %zu are taken", length, payload_max);
    if (in->length - FRAME_HEADER_BYTES < length)
        return 0;
    *ret_frame = (struct frame){
        .type = ntohs(type),
        .flags = ntohs(flags),
        .id = ntohl(id),
        .payload = (const unsigned char *)in->data + FRAME_HEADER_BYTES,
        .size = length,
    };
    return 1;
}
