/* Generated, do not edit: made from rtl/registers.rdl by `cargo xtask regs`. */
#ifndef DORMOUSE_H
#define DORMOUSE_H

#include <stdint.h>

/* Registers of the node, for C99.
 *
 * DORMOUSE_R is the offset of register R, in bytes from the node's base address.
 * DORMOUSE_R_RESET is its value after reset, unless hardware alone says what a read answers.
 * DORMOUSE_GET(value, DORMOUSE_R_F) takes field F out of the register's value.
 * DORMOUSE_PUT(DORMOUSE_R_F, x) is x in its place; a value is or-ed together from such.
 * Every register is read and written as 32 bits, at once.
 */
#define DORMOUSE_GET(value, field) (((uint32_t)(value) & field##_MASK) >> field##_SHIFT)
#define DORMOUSE_PUT(field, x) (((uint32_t)(x) << field##_SHIFT) & field##_MASK)

/* Values of FRAME_CMD.op. */
enum dormouse_frame_op {
  /* Frame: dirty, held or claimed -> queued, behind the others. */
  DORMOUSE_FRAME_OP_QUEUE = 1,
  /* Frame: dirty, held or claimed -> queued, in the urgent lane. */
  DORMOUSE_FRAME_OP_QUEUE_URGENT = 2,
  /* Oldest frame of the zeroed pool -> held; RESULT.value is its number. */
  DORMOUSE_FRAME_OP_TAKE = 3,
  /* Frame: dirty, claimed, moving or filled -> held: firmware keeps it for itself. */
  DORMOUSE_FRAME_OP_HOLD = 4,
  /* Frame: held, claimed, moving or filled -> dirty. */
  DORMOUSE_FRAME_OP_RELEASE = 5,
  /* Frame: dirty, held, claimed, moving or filled -> bad. The one operation for a frame whose
   * entry of the guard has wrong parity.
   */
  DORMOUSE_FRAME_OP_RETIRE = 6,
  /* RESULT.value is the state of the frame; OWNER shows the page that it is mapped to. */
  DORMOUSE_FRAME_OP_QUERY = 7,
  /* Oldest frame of the zeroed pool -> claimed, to be mapped by MAP; RESULT.value is its number. */
  DORMOUSE_FRAME_OP_CLAIM = 8,
  /* Frame: claimed or held -> moving: a page's contents are to be written into it. It must not
   * go on from there while somebody still writes to it.
   */
  DORMOUSE_FRAME_OP_RESERVE = 9,
  /* Frame: moving -> filled. Firmware vouches for it: every byte of a page came, and was
   * checked, and every write was answered OKAY.
   */
  DORMOUSE_FRAME_OP_FILL = 10,
  /* QUEUE for ARG.value frames, from this one on, one after the other. RESULT.value is the first
   * frame that was not queued: the one behind the range (code OK), the one in a wrong state
   * (STATE), or the one that found the queue full (FULL). Code RANGE when a frame of the range
   * does not exist: then none was queued.
   */
  DORMOUSE_FRAME_OP_QUEUE_RANGE = 11,
  /* Frame: mapped, but its page does not name it any more -> held, as soon as every access that
   * was let through is answered; RESULT.value is that page, which becomes bad for good if its
   * tag had wrong parity. Code PAGE when the page is resident in this frame.
   */
  DORMOUSE_FRAME_OP_RECLAIM = 12,
  /* The frame's entry of the guard gets wrong parity, for tests. Code STATE when the frame is in
   * a list.
   */
  DORMOUSE_FRAME_OP_POISON = 13,
  /* The next entry that a list (List) takes gets wrong parity, for tests. */
  DORMOUSE_FRAME_OP_POISON_LIST = 14
};

/* List. */
enum dormouse_list {
  /* The background lane of the to-be-zeroed queue. */
  DORMOUSE_LIST_QUEUE = 0,
  /* Its urgent lane. */
  DORMOUSE_LIST_URGENT = 1,
  /* The zeroed pool. */
  DORMOUSE_LIST_POOL = 2,
  /* Frames whose first zeroing failed. */
  DORMOUSE_LIST_RETRY = 3,
  /* Frames in the engine. */
  DORMOUSE_LIST_FLIGHT = 4,
  /* The engine's answers. */
  DORMOUSE_LIST_DONE = 5
};

/* Values of PAGE_CMD.op. */
enum dormouse_page_op {
  /* Page: dormant -> resident in frame ARG.value, which must be claimed and becomes mapped. */
  DORMOUSE_PAGE_OP_MAP = 1,
  /* Page: resident -> away at node ARG.value. Its frame becomes held as soon as every access
   * that was let through is answered; RESULT.value is its number.
   */
  DORMOUSE_PAGE_OP_UNMAP = 2,
  /* Page: resident -> dormant, and its frame is queued as soon as every access that was let
   * through is answered; nothing to do when it is dormant. Code PAGE when it is away or bad.
   */
  DORMOUSE_PAGE_OP_ZERO_PAGE = 3,
  /* Page -> what ARG.kind says, away at node ARG.value. A resident page must be unmapped first
   * (code PAGE), but POISON is always done.
   */
  DORMOUSE_PAGE_OP_MARK = 4,
  /* All pages -> dormant or away at node ARG.value, as ARG.kind says, in a few cycles. Code
   * STATE when a frame is mapped, BUSY when three earlier ones are still being written into the
   * table.
   */
  DORMOUSE_PAGE_OP_MARK_ALL = 5,
  /* PAGE shows the state of the page. */
  DORMOUSE_PAGE_OP_QUERY_PAGE = 6,
  /* Ends the stall at the head of the queue, which STALL shows: target bits 3..0 are its port,
   * bit 4 is 1 for a write, bits 9..8 say what becomes of it (Resolve). Code EMPTY when it is
   * not at the head.
   */
  DORMOUSE_PAGE_OP_RESOLVE = 7,
  /* Page: away or dormant -> resident with the contents of frame ARG.value, which must be filled
   * and becomes mapped. In one step: an access sees the page as it was before, or resident.
   */
  DORMOUSE_PAGE_OP_ADOPT = 8
};

/* Resolve. */
enum dormouse_resolve {
  /* The access starts over with the page's present state. */
  DORMOUSE_RESOLVE_RETRY = 0,
  /* The access gets SLVERR and has no effect. */
  DORMOUSE_RESOLVE_FAIL = 1,
  /* The stall goes behind the others that wait. */
  DORMOUSE_RESOLVE_DEFER = 2
};

/* Values of ARG.kind. */
enum dormouse_mark_kind {
  /* Reads as zero, owns no frame. */
  DORMOUSE_MARK_KIND_DORMANT = 0,
  /* Owned by another node. */
  DORMOUSE_MARK_KIND_AWAY = 1,
  /* Every access gets SLVERR. */
  DORMOUSE_MARK_KIND_BAD = 2,
  /* The page's tag gets wrong parity, for tests: its next access finds a parity error. */
  DORMOUSE_MARK_KIND_POISON = 3
};

/* Values of RESULT.code. */
enum dormouse_code {
  /* Done. */
  DORMOUSE_CODE_OK = 0,
  /* No such operation. */
  DORMOUSE_CODE_BAD_OP = 1,
  /* Frame number at or above REAL_FRAMES, page number at or above GUEST_PAGES, or an ARG.kind
   * that the operation does not have.
   */
  DORMOUSE_CODE_RANGE = 2,
  /* The frame's state does not allow the operation; RESULT.value is that state, or for
   * QUEUE_RANGE the frame.
   */
  DORMOUSE_CODE_STATE = 3,
  /* The queue or lane is full. */
  DORMOUSE_CODE_FULL = 4,
  /* The zeroed pool is empty, or the stall is not at the head of the queue. */
  DORMOUSE_CODE_EMPTY = 5,
  /* The tag table is still being written; the command may be given again. */
  DORMOUSE_CODE_BUSY = 6,
  /* The page's state does not allow the operation; RESULT.value is that state. */
  DORMOUSE_CODE_PAGE = 7
};

/* Frame state. */
enum dormouse_frame_state {
  /* Contents unknown. */
  DORMOUSE_FRAME_STATE_DIRTY = 0,
  /* In the to-be-zeroed queue. */
  DORMOUSE_FRAME_STATE_QUEUED = 1,
  /* In the engine. */
  DORMOUSE_FRAME_STATE_ZEROING = 2,
  /* In the zeroed pool. */
  DORMOUSE_FRAME_STATE_ZEROED = 3,
  /* Mapped to a guest page. */
  DORMOUSE_FRAME_STATE_MAPPED = 4,
  /* Firmware's own. */
  DORMOUSE_FRAME_STATE_HELD = 5,
  /* Never to be used; shown for a frame whose entry of the guard has wrong parity, too. */
  DORMOUSE_FRAME_STATE_BAD = 6,
  /* Zeroed, and given to firmware to be mapped. */
  DORMOUSE_FRAME_STATE_CLAIMED = 7,
  /* A page's contents are being written into it. */
  DORMOUSE_FRAME_STATE_MOVING = 8,
  /* Holds the whole contents of a page, to be mapped by ADOPT. */
  DORMOUSE_FRAME_STATE_FILLED = 9
};

/* Values of PAGE.state. */
enum dormouse_page_state {
  /* Reads as zero, owns no frame. */
  DORMOUSE_PAGE_STATE_DORMANT = 0,
  /* Mapped to a frame of this node. */
  DORMOUSE_PAGE_STATE_RESIDENT = 1,
  /* Owned by another node. */
  DORMOUSE_PAGE_STATE_AWAY = 2,
  /* Every access gets SLVERR. */
  DORMOUSE_PAGE_STATE_BAD = 3
};

/* Values of STALL.kind. */
enum dormouse_stall_kind {
  /* The page has to be converted, the zeroed pool is empty, and nothing is on its way there. */
  DORMOUSE_STALL_KIND_NO_FRAME = 0,
  /* The page has to be converted, and POLICY.hw_convert is off. */
  DORMOUSE_STALL_KIND_CONVERSION_OFF = 1,
  /* The page is owned by another node. */
  DORMOUSE_STALL_KIND_AWAY = 2
};

/* Identification. Reads 0x444F524D, "DORM". Read-only. */
#define DORMOUSE_ID 0x000u
#define DORMOUSE_ID_RESET 0x444F524Du
/* 0x444F524D. */
#define DORMOUSE_ID_MAGIC_SHIFT 0
#define DORMOUSE_ID_MAGIC_MASK 0xFFFFFFFFu

/* Build parameters. The parameters that this node was built with. Read-only. */
#define DORMOUSE_PARAMS 0x004u
/* log2 of the page size in bytes, 12 to 21. */
#define DORMOUSE_PARAMS_PAGE_SHIFT_SHIFT 0
#define DORMOUSE_PARAMS_PAGE_SHIFT_MASK 0x0000001Fu
/* log2 of the data width in bits, 5 (32) to 9 (512). */
#define DORMOUSE_PARAMS_DATA_SHIFT_SHIFT 8
#define DORMOUSE_PARAMS_DATA_SHIFT_MASK 0x00001F00u
/* Bursts that may be outstanding. */
#define DORMOUSE_PARAMS_MAX_OUTSTANDING_SHIFT 16
#define DORMOUSE_PARAMS_MAX_OUTSTANDING_MASK 0x00FF0000u
/* Node id within the pod. */
#define DORMOUSE_PARAMS_NODE_ID_SHIFT 24
#define DORMOUSE_PARAMS_NODE_ID_MASK 0xFF000000u

/* Real frames. Number of real frames; frame numbers run from 0 to this minus 1. Read-only. */
#define DORMOUSE_REAL_FRAMES 0x008u
/* Frames. */
#define DORMOUSE_REAL_FRAMES_FRAMES_SHIFT 0
#define DORMOUSE_REAL_FRAMES_FRAMES_MASK 0xFFFFFFFFu

/* Depth of the to-be-zeroed queue. Read-only. */
#define DORMOUSE_QUEUE_DEPTH 0x00Cu
/* Entries of the background lane. */
#define DORMOUSE_QUEUE_DEPTH_FRAMES_SHIFT 0
#define DORMOUSE_QUEUE_DEPTH_FRAMES_MASK 0xFFFFFFFFu

/* Depth of the urgent lane. Read-only. */
#define DORMOUSE_URGENT_DEPTH 0x010u
/* Entries of the urgent lane. */
#define DORMOUSE_URGENT_DEPTH_FRAMES_SHIFT 0
#define DORMOUSE_URGENT_DEPTH_FRAMES_MASK 0xFFFFFFFFu

/* Depth of the zeroed pool. Read-only. */
#define DORMOUSE_POOL_DEPTH 0x014u
/* Entries of the zeroed pool. */
#define DORMOUSE_POOL_DEPTH_FRAMES_SHIFT 0
#define DORMOUSE_POOL_DEPTH_FRAMES_MASK 0xFFFFFFFFu

/* Guest pages. Number of guest pages; page numbers run from 0 to this minus 1. A guest access
 * beyond them gets DECERR. Read-only.
 */
#define DORMOUSE_GUEST_PAGES 0x018u
/* Pages. */
#define DORMOUSE_GUEST_PAGES_PAGES_SHIFT 0
#define DORMOUSE_GUEST_PAGES_PAGES_MASK 0xFFFFFFFFu

/* Guest ports. What the guest's side of the node was built with. Read-only. */
#define DORMOUSE_PORTS 0x01Cu
/* Ports, one for each vCPU, 1 to 4; they are numbered from 0. */
#define DORMOUSE_PORTS_PORTS_SHIFT 0
#define DORMOUSE_PORTS_PORTS_MASK 0x00000007u
/* Pages whose zeroing by ordinary stores can be followed at the same time, 1 to 8. */
#define DORMOUSE_PORTS_TRACKERS_SHIFT 8
#define DORMOUSE_PORTS_TRACKERS_MASK 0x00000F00u

/* Control. Read-write. */
#define DORMOUSE_CONTROL 0x020u
#define DORMOUSE_CONTROL_RESET 0x0u
/* Let the engine take frames from the to-be-zeroed queue. Clearing it finishes what was taken. */
#define DORMOUSE_CONTROL_ENABLE_SHIFT 0
#define DORMOUSE_CONTROL_ENABLE_MASK 0x00000001u

/* Token bucket of background zeroing. One token pays for one burst. Urgent frames pay nothing.
 * Read-write.
 */
#define DORMOUSE_THROTTLE 0x024u
#define DORMOUSE_THROTTLE_RESET 0x10000u
/* Cycles between two tokens; 0: no cap, 1 counts as 2. */
#define DORMOUSE_THROTTLE_INTERVAL_SHIFT 0
#define DORMOUSE_THROTTLE_INTERVAL_MASK 0x0000FFFFu
/* Tokens that may be saved up, 1 to 15; 0 counts as 1. Lowering it keeps what is saved. */
#define DORMOUSE_THROTTLE_DEPTH_SHIFT 16
#define DORMOUSE_THROTTLE_DEPTH_MASK 0x000F0000u

/* Low water mark of the zeroed pool. Background zeroing starts when zeroed frames and frames in
 * flight together are at or below it. Read-write.
 */
#define DORMOUSE_WATER_LOW 0x028u
#define DORMOUSE_WATER_LOW_RESET 0x0u
/* Frames. */
#define DORMOUSE_WATER_LOW_FRAMES_SHIFT 0
#define DORMOUSE_WATER_LOW_FRAMES_MASK 0x0FFFFFFFu

/* High water mark of the zeroed pool. Background zeroing stops when zeroed frames and frames in
 * flight together are at or above it. This mark is the stronger one: where the low mark is above
 * it, zeroing runs below this mark and stops at it. Read-write.
 */
#define DORMOUSE_WATER_HIGH 0x02Cu
#define DORMOUSE_WATER_HIGH_RESET 0xFFFFFFFu
/* Frames. */
#define DORMOUSE_WATER_HIGH_FRAMES_SHIFT 0
#define DORMOUSE_WATER_HIGH_FRAMES_MASK 0x0FFFFFFFu

/* Frame command. Writing it starts one operation on real frames; RESULT tells how it ended. A
 * write of FRAME_CMD or PAGE_CMD while RESULT.busy is set is refused: it changes nothing, counts
 * as a command error and sets IRQ_STATUS.cmd_refused. Write-only.
 */
#define DORMOUSE_FRAME_CMD 0x030u
#define DORMOUSE_FRAME_CMD_RESET 0x0u
/* Real frame number, the first one of a range, or a list (POISON_LIST); ignored by TAKE and
 * CLAIM.
 */
#define DORMOUSE_FRAME_CMD_TARGET_SHIFT 0
#define DORMOUSE_FRAME_CMD_TARGET_MASK 0x0FFFFFFFu
/* Operation. */
#define DORMOUSE_FRAME_CMD_OP_SHIFT 28
#define DORMOUSE_FRAME_CMD_OP_MASK 0xF0000000u

/* Page command. Writing it starts one operation on guest pages; everything else is as with
 * FRAME_CMD. Write-only.
 */
#define DORMOUSE_PAGE_CMD 0x034u
#define DORMOUSE_PAGE_CMD_RESET 0x0u
/* Guest page number, or the stall (RESOLVE); ignored by MARK_ALL. */
#define DORMOUSE_PAGE_CMD_TARGET_SHIFT 0
#define DORMOUSE_PAGE_CMD_TARGET_MASK 0x0FFFFFFFu
/* Operation. */
#define DORMOUSE_PAGE_CMD_OP_SHIFT 28
#define DORMOUSE_PAGE_CMD_OP_MASK 0xF0000000u

/* Argument of the next command. Written before FRAME_CMD or PAGE_CMD; a command under way uses
 * what was here when it was written. Read-write.
 */
#define DORMOUSE_ARG 0x038u
#define DORMOUSE_ARG_RESET 0x0u
/* Real frame number (MAP, ADOPT), frames of a range (QUEUE_RANGE), or node id, 0 to 255 (UNMAP,
 * and MARK and MARK_ALL of kind AWAY).
 */
#define DORMOUSE_ARG_VALUE_SHIFT 0
#define DORMOUSE_ARG_VALUE_MASK 0x0FFFFFFFu
/* What MARK and MARK_ALL make of pages; MARK_ALL knows DORMANT and AWAY. */
#define DORMOUSE_ARG_KIND_SHIFT 28
#define DORMOUSE_ARG_KIND_MASK 0x30000000u

/* Result of the last command. Read-only. */
#define DORMOUSE_RESULT 0x03Cu
/* Frame number (TAKE, CLAIM, QUEUE_RANGE, UNMAP), page number (RECLAIM), frame state (QUERY,
 * code STATE) or page state (code PAGE).
 */
#define DORMOUSE_RESULT_VALUE_SHIFT 0
#define DORMOUSE_RESULT_VALUE_MASK 0x0FFFFFFFu
/* How it ended. */
#define DORMOUSE_RESULT_CODE_SHIFT 28
#define DORMOUSE_RESULT_CODE_MASK 0x70000000u
/* A command is under way; the other fields are not valid yet. */
#define DORMOUSE_RESULT_BUSY_SHIFT 31
#define DORMOUSE_RESULT_BUSY_MASK 0x80000000u

/* Interrupt status. Write 1 to clear. Read, write 1 to clear. */
#define DORMOUSE_IRQ_STATUS 0x040u
#define DORMOUSE_IRQ_STATUS_RESET 0x0u
/* Zeroed pool fell to the low water mark. */
#define DORMOUSE_IRQ_STATUS_POOL_LOW_SHIFT 0
#define DORMOUSE_IRQ_STATUS_POOL_LOW_MASK 0x00000001u
/* Zeroed pool reached the high water mark. */
#define DORMOUSE_IRQ_STATUS_POOL_HIGH_SHIFT 1
#define DORMOUSE_IRQ_STATUS_POOL_HIGH_MASK 0x00000002u
/* A frame became bad. */
#define DORMOUSE_IRQ_STATUS_BAD_FRAME_SHIFT 2
#define DORMOUSE_IRQ_STATUS_BAD_FRAME_MASK 0x00000004u
/* A command ended with an error. */
#define DORMOUSE_IRQ_STATUS_CMD_ERROR_SHIFT 3
#define DORMOUSE_IRQ_STATUS_CMD_ERROR_MASK 0x00000008u
/* A command was written while another was under way. */
#define DORMOUSE_IRQ_STATUS_CMD_REFUSED_SHIFT 4
#define DORMOUSE_IRQ_STATUS_CMD_REFUSED_MASK 0x00000010u
/* The to-be-zeroed queue ran empty. */
#define DORMOUSE_IRQ_STATUS_QUEUE_EMPTY_SHIFT 5
#define DORMOUSE_IRQ_STATUS_QUEUE_EMPTY_MASK 0x00000020u
/* A guest access began to wait for firmware; STALL shows it. */
#define DORMOUSE_IRQ_STATUS_STALL_SHIFT 6
#define DORMOUSE_IRQ_STATUS_STALL_MASK 0x00000040u
/* A tag was found with wrong parity; PARITY_PAGE shows whose. */
#define DORMOUSE_IRQ_STATUS_PARITY_SHIFT 7
#define DORMOUSE_IRQ_STATUS_PARITY_MASK 0x00000080u
/* A frame that should have been queued became dirty because the queue was full. */
#define DORMOUSE_IRQ_STATUS_DIRTIED_SHIFT 8
#define DORMOUSE_IRQ_STATUS_DIRTIED_MASK 0x00000100u
/* An entry of the guard or of a list of frames was found with wrong parity. */
#define DORMOUSE_IRQ_STATUS_FRAME_PARITY_SHIFT 9
#define DORMOUSE_IRQ_STATUS_FRAME_PARITY_MASK 0x00000200u

/* Interrupt enable. Read-write. */
#define DORMOUSE_IRQ_ENABLE 0x044u
#define DORMOUSE_IRQ_ENABLE_RESET 0x0u
/* Zeroed pool fell to the low water mark. */
#define DORMOUSE_IRQ_ENABLE_POOL_LOW_SHIFT 0
#define DORMOUSE_IRQ_ENABLE_POOL_LOW_MASK 0x00000001u
/* Zeroed pool reached the high water mark. */
#define DORMOUSE_IRQ_ENABLE_POOL_HIGH_SHIFT 1
#define DORMOUSE_IRQ_ENABLE_POOL_HIGH_MASK 0x00000002u
/* A frame became bad. */
#define DORMOUSE_IRQ_ENABLE_BAD_FRAME_SHIFT 2
#define DORMOUSE_IRQ_ENABLE_BAD_FRAME_MASK 0x00000004u
/* A command ended with an error. */
#define DORMOUSE_IRQ_ENABLE_CMD_ERROR_SHIFT 3
#define DORMOUSE_IRQ_ENABLE_CMD_ERROR_MASK 0x00000008u
/* A command was written while another was under way. */
#define DORMOUSE_IRQ_ENABLE_CMD_REFUSED_SHIFT 4
#define DORMOUSE_IRQ_ENABLE_CMD_REFUSED_MASK 0x00000010u
/* The to-be-zeroed queue ran empty. */
#define DORMOUSE_IRQ_ENABLE_QUEUE_EMPTY_SHIFT 5
#define DORMOUSE_IRQ_ENABLE_QUEUE_EMPTY_MASK 0x00000020u
/* A guest access began to wait for firmware; STALL shows it. */
#define DORMOUSE_IRQ_ENABLE_STALL_SHIFT 6
#define DORMOUSE_IRQ_ENABLE_STALL_MASK 0x00000040u
/* A tag was found with wrong parity; PARITY_PAGE shows whose. */
#define DORMOUSE_IRQ_ENABLE_PARITY_SHIFT 7
#define DORMOUSE_IRQ_ENABLE_PARITY_MASK 0x00000080u
/* A frame that should have been queued became dirty because the queue was full. */
#define DORMOUSE_IRQ_ENABLE_DIRTIED_SHIFT 8
#define DORMOUSE_IRQ_ENABLE_DIRTIED_MASK 0x00000100u
/* An entry of the guard or of a list of frames was found with wrong parity. */
#define DORMOUSE_IRQ_ENABLE_FRAME_PARITY_SHIFT 9
#define DORMOUSE_IRQ_ENABLE_FRAME_PARITY_MASK 0x00000200u

/* Status. One bit for each part that may be busy. Read-only. */
#define DORMOUSE_STATUS 0x048u
/* Every frame has been marked dirty and every page has its tag after reset. */
#define DORMOUSE_STATUS_READY_SHIFT 0
#define DORMOUSE_STATUS_READY_MASK 0x00000001u
/* Below the water mark: background zeroing runs. */
#define DORMOUSE_STATUS_RUNNING_SHIFT 1
#define DORMOUSE_STATUS_RUNNING_MASK 0x00000002u
/* The engine has a page whose bursts are not all issued. */
#define DORMOUSE_STATUS_PAGE_ACTIVE_SHIFT 2
#define DORMOUSE_STATUS_PAGE_ACTIVE_MASK 0x00000004u
/* A write address waits for AWREADY. */
#define DORMOUSE_STATUS_AW_BUSY_SHIFT 3
#define DORMOUSE_STATUS_AW_BUSY_MASK 0x00000008u
/* A write beat is on the bus. */
#define DORMOUSE_STATUS_W_BUSY_SHIFT 4
#define DORMOUSE_STATUS_W_BUSY_MASK 0x00000010u
/* Write responses are awaited. */
#define DORMOUSE_STATUS_B_BUSY_SHIFT 5
#define DORMOUSE_STATUS_B_BUSY_MASK 0x00000020u
/* The engine waits for a token. */
#define DORMOUSE_STATUS_THROTTLED_SHIFT 6
#define DORMOUSE_STATUS_THROTTLED_MASK 0x00000040u
/* A frame waits to be put back or filed. */
#define DORMOUSE_STATUS_FRAMES_BUSY_SHIFT 7
#define DORMOUSE_STATUS_FRAMES_BUSY_MASK 0x00000080u
/* A guest access is under way at some port. */
#define DORMOUSE_STATUS_GUESTS_BUSY_SHIFT 8
#define DORMOUSE_STATUS_GUESTS_BUSY_MASK 0x00000100u
/* A frame that lost its page waits for the accesses that were let through to it. */
#define DORMOUSE_STATUS_DRAIN_BUSY_SHIFT 9
#define DORMOUSE_STATUS_DRAIN_BUSY_MASK 0x00000200u
/* A mark of all pages is still being written into the table. */
#define DORMOUSE_STATUS_SCRUB_BUSY_SHIFT 10
#define DORMOUSE_STATUS_SCRUB_BUSY_MASK 0x00000400u

/* Last frame that became bad. COUNT_BAD tells how many there are; firmware that sees it grow by
 * more than one finds the others with QUERY. Read-only.
 */
#define DORMOUSE_BAD_FRAME 0x04Cu
/* Real frame number. */
#define DORMOUSE_BAD_FRAME_FRAME_SHIFT 0
#define DORMOUSE_BAD_FRAME_FRAME_MASK 0x0FFFFFFFu
/* A frame has become bad since reset. */
#define DORMOUSE_BAD_FRAME_VALID_SHIFT 31
#define DORMOUSE_BAD_FRAME_VALID_MASK 0x80000000u

/* Frames in the background lane of the to-be-zeroed queue. Read-only. */
#define DORMOUSE_QUEUE_LEVEL 0x050u
/* Frames. */
#define DORMOUSE_QUEUE_LEVEL_FRAMES_SHIFT 0
#define DORMOUSE_QUEUE_LEVEL_FRAMES_MASK 0xFFFFFFFFu

/* Frames in the urgent lane. Read-only. */
#define DORMOUSE_URGENT_LEVEL 0x054u
/* Frames. */
#define DORMOUSE_URGENT_LEVEL_FRAMES_SHIFT 0
#define DORMOUSE_URGENT_LEVEL_FRAMES_MASK 0xFFFFFFFFu

/* Frames in the zeroed pool. Read-only. */
#define DORMOUSE_POOL_LEVEL 0x058u
/* Frames. */
#define DORMOUSE_POOL_LEVEL_FRAMES_SHIFT 0
#define DORMOUSE_POOL_LEVEL_FRAMES_MASK 0xFFFFFFFFu

/* Frames in the engine. State zeroing. Read-only. */
#define DORMOUSE_COUNT_ZEROING 0x05Cu
/* Frames. */
#define DORMOUSE_COUNT_ZEROING_FRAMES_SHIFT 0
#define DORMOUSE_COUNT_ZEROING_FRAMES_MASK 0xFFFFFFFFu

/* Dirty frames. Read-only. */
#define DORMOUSE_COUNT_DIRTY 0x060u
/* Frames. */
#define DORMOUSE_COUNT_DIRTY_FRAMES_SHIFT 0
#define DORMOUSE_COUNT_DIRTY_FRAMES_MASK 0xFFFFFFFFu

/* Held frames. Read-only. */
#define DORMOUSE_COUNT_HELD 0x064u
/* Frames. */
#define DORMOUSE_COUNT_HELD_FRAMES_SHIFT 0
#define DORMOUSE_COUNT_HELD_FRAMES_MASK 0xFFFFFFFFu

/* Bad frames. Those that are lost among them. Read-only. */
#define DORMOUSE_COUNT_BAD 0x068u
/* Frames. */
#define DORMOUSE_COUNT_BAD_FRAMES_SHIFT 0
#define DORMOUSE_COUNT_BAD_FRAMES_MASK 0xFFFFFFFFu

/* Mapped frames. Each is a guest page's, or was and is still being drained. Read-only. */
#define DORMOUSE_COUNT_MAPPED 0x06Cu
/* Frames. */
#define DORMOUSE_COUNT_MAPPED_FRAMES_SHIFT 0
#define DORMOUSE_COUNT_MAPPED_FRAMES_MASK 0xFFFFFFFFu

/* Claimed frames. Read-only. */
#define DORMOUSE_COUNT_CLAIMED 0x070u
/* Frames. */
#define DORMOUSE_COUNT_CLAIMED_FRAMES_SHIFT 0
#define DORMOUSE_COUNT_CLAIMED_FRAMES_MASK 0xFFFFFFFFu

/* Moving frames. Read-only. */
#define DORMOUSE_COUNT_MOVING 0x074u
/* Frames. */
#define DORMOUSE_COUNT_MOVING_FRAMES_SHIFT 0
#define DORMOUSE_COUNT_MOVING_FRAMES_MASK 0xFFFFFFFFu

/* Filled frames. Read-only. */
#define DORMOUSE_COUNT_FILLED 0x078u
/* Frames. */
#define DORMOUSE_COUNT_FILLED_FRAMES_SHIFT 0
#define DORMOUSE_COUNT_FILLED_FRAMES_MASK 0xFFFFFFFFu

/* Lost frames. Frames whose entry in a list had wrong parity, so that nobody knows which they
 * were. They are never used again, and COUNT_BAD counts them, too. Read-only.
 */
#define DORMOUSE_COUNT_LOST 0x07Cu
/* Frames. */
#define DORMOUSE_COUNT_LOST_FRAMES_SHIFT 0
#define DORMOUSE_COUNT_LOST_FRAMES_MASK 0xFFFFFFFFu

/* Command errors. Refused or failed commands since reset; wraps at 2^32. Read-only. */
#define DORMOUSE_CMD_ERRORS 0x080u
/* Commands. */
#define DORMOUSE_CMD_ERRORS_COUNT_SHIFT 0
#define DORMOUSE_CMD_ERRORS_COUNT_MASK 0xFFFFFFFFu

/* Frames zeroed. Frames that entered the zeroed pool since reset; wraps at 2^32. Read-only. */
#define DORMOUSE_FRAMES_ZEROED 0x084u
/* Frames. */
#define DORMOUSE_FRAMES_ZEROED_COUNT_SHIFT 0
#define DORMOUSE_FRAMES_ZEROED_COUNT_MASK 0xFFFFFFFFu

/* Frames retried. Frames whose first zeroing got a bus error; wraps at 2^32. Read-only. */
#define DORMOUSE_FRAMES_RETRIED 0x088u
/* Frames. */
#define DORMOUSE_FRAMES_RETRIED_COUNT_SHIFT 0
#define DORMOUSE_FRAMES_RETRIED_COUNT_MASK 0xFFFFFFFFu

/* Stray answers. Answers of memory that nobody waited for, dropped, since reset; wraps at 2^32.
 * Read-only.
 */
#define DORMOUSE_STRAY_ANSWERS 0x08Cu
/* Answers. */
#define DORMOUSE_STRAY_ANSWERS_COUNT_SHIFT 0
#define DORMOUSE_STRAY_ANSWERS_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which a write beat was transferred (LO). Read-only. */
#define DORMOUSE_CYCLES_BUSY_LO 0x0A0u
/* Bits 31..0. */
#define DORMOUSE_CYCLES_BUSY_LO_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_BUSY_LO_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which a write beat was transferred (HI). Read-only. */
#define DORMOUSE_CYCLES_BUSY_HI 0x0A4u
/* Bits 63..32. */
#define DORMOUSE_CYCLES_BUSY_HI_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_BUSY_HI_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which a write beat waited for WREADY (LO). Read-only. */
#define DORMOUSE_CYCLES_W_STALLED_LO 0x0A8u
/* Bits 31..0. */
#define DORMOUSE_CYCLES_W_STALLED_LO_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_W_STALLED_LO_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which a write beat waited for WREADY (HI). Read-only. */
#define DORMOUSE_CYCLES_W_STALLED_HI 0x0ACu
/* Bits 63..32. */
#define DORMOUSE_CYCLES_W_STALLED_HI_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_W_STALLED_HI_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which no beat was on the bus and a write address waited for AWREADY (LO). Read-only. */
#define DORMOUSE_CYCLES_AW_STALLED_LO 0x0B0u
/* Bits 31..0. */
#define DORMOUSE_CYCLES_AW_STALLED_LO_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_AW_STALLED_LO_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which no beat was on the bus and a write address waited for AWREADY (HI). Read-only. */
#define DORMOUSE_CYCLES_AW_STALLED_HI 0x0B4u
/* Bits 63..32. */
#define DORMOUSE_CYCLES_AW_STALLED_HI_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_AW_STALLED_HI_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which all beats were sent and a write response was awaited (LO). Read-only. */
#define DORMOUSE_CYCLES_B_WAIT_LO 0x0B8u
/* Bits 31..0. */
#define DORMOUSE_CYCLES_B_WAIT_LO_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_B_WAIT_LO_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which all beats were sent and a write response was awaited (HI). Read-only. */
#define DORMOUSE_CYCLES_B_WAIT_HI 0x0BCu
/* Bits 63..32. */
#define DORMOUSE_CYCLES_B_WAIT_HI_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_B_WAIT_HI_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which nothing was under way and a frame waited for a token (LO). Read-only. */
#define DORMOUSE_CYCLES_THROTTLED_LO 0x0C0u
/* Bits 31..0. */
#define DORMOUSE_CYCLES_THROTTLED_LO_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_THROTTLED_LO_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which nothing was under way and a frame waited for a token (HI). Read-only. */
#define DORMOUSE_CYCLES_THROTTLED_HI 0x0C4u
/* Bits 63..32. */
#define DORMOUSE_CYCLES_THROTTLED_HI_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_THROTTLED_HI_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which none of these (LO). Read-only. */
#define DORMOUSE_CYCLES_IDLE_LO 0x0C8u
/* Bits 31..0. */
#define DORMOUSE_CYCLES_IDLE_LO_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_IDLE_LO_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which none of these (HI). Read-only. */
#define DORMOUSE_CYCLES_IDLE_HI 0x0CCu
/* Bits 63..32. */
#define DORMOUSE_CYCLES_IDLE_HI_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_IDLE_HI_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which the node was out of reset: the sum of the other six (LO). Read-only. */
#define DORMOUSE_CYCLES_TOTAL_LO 0x0D0u
/* Bits 31..0. */
#define DORMOUSE_CYCLES_TOTAL_LO_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_TOTAL_LO_COUNT_MASK 0xFFFFFFFFu

/* Cycles in which the node was out of reset: the sum of the other six (HI). Read-only. */
#define DORMOUSE_CYCLES_TOTAL_HI 0x0D4u
/* Bits 63..32. */
#define DORMOUSE_CYCLES_TOTAL_HI_COUNT_SHIFT 0
#define DORMOUSE_CYCLES_TOTAL_HI_COUNT_MASK 0xFFFFFFFFu

/* Policy of guest pages. Read-write. */
#define DORMOUSE_POLICY 0x100u
#define DORMOUSE_POLICY_RESET 0xEu
/* The first read of a dormant page converts it, too; otherwise it is answered with zeros. */
#define DORMOUSE_POLICY_CONVERT_ON_READ_SHIFT 0
#define DORMOUSE_POLICY_CONVERT_ON_READ_MASK 0x00000001u
/* A write of nothing but zeros to a dormant page is acknowledged and dropped; otherwise it
 * converts the page.
 */
#define DORMOUSE_POLICY_ELIDE_SHIFT 1
#define DORMOUSE_POLICY_ELIDE_MASK 0x00000002u
/* A resident page that ordinary stores have zeroed as a whole becomes dormant. */
#define DORMOUSE_POLICY_DETECT_SHIFT 2
#define DORMOUSE_POLICY_DETECT_MASK 0x00000004u
/* Hardware converts pages; otherwise every conversion stalls for firmware. */
#define DORMOUSE_POLICY_HW_CONVERT_SHIFT 3
#define DORMOUSE_POLICY_HW_CONVERT_MASK 0x00000008u

/* Delay of redormanting. Time between the last zero store to a page and its redormanting; any
 * other write to the page meanwhile cancels it. Read-write.
 */
#define DORMOUSE_REDORMANT_DELAY 0x104u
#define DORMOUSE_REDORMANT_DELAY_RESET 0x400u
/* Cycles. */
#define DORMOUSE_REDORMANT_DELAY_CYCLES_SHIFT 0
#define DORMOUSE_REDORMANT_DELAY_CYCLES_MASK 0x00FFFFFFu

/* Result of the last QUERY_PAGE. Read-only. */
#define DORMOUSE_PAGE 0x108u
/* Real frame number (RESIDENT) or id of the owner, 0 to 255 (AWAY); otherwise without meaning. */
#define DORMOUSE_PAGE_PAYLOAD_SHIFT 0
#define DORMOUSE_PAGE_PAYLOAD_MASK 0x0FFFFFFFu
/* State of the page. */
#define DORMOUSE_PAGE_STATE_SHIFT 30
#define DORMOUSE_PAGE_STATE_MASK 0xC0000000u

/* Stall at the head of the queue. A guest access that waits for firmware. It stays here until
 * RESOLVE names it by bits 4..0. Read-only.
 */
#define DORMOUSE_STALL 0x10Cu
/* Its port. */
#define DORMOUSE_STALL_PORT_SHIFT 0
#define DORMOUSE_STALL_PORT_MASK 0x0000000Fu
/* It is a write. */
#define DORMOUSE_STALL_WRITE_SHIFT 4
#define DORMOUSE_STALL_WRITE_MASK 0x00000010u
/* Why it waits. */
#define DORMOUSE_STALL_KIND_SHIFT 8
#define DORMOUSE_STALL_KIND_MASK 0x00000300u
/* There is one; the other fields have no meaning without. */
#define DORMOUSE_STALL_VALID_SHIFT 31
#define DORMOUSE_STALL_VALID_MASK 0x80000000u

/* Page of the stall at the head of the queue. Read-only. */
#define DORMOUSE_STALL_PAGE 0x110u
/* Guest page number. */
#define DORMOUSE_STALL_PAGE_GFN_SHIFT 0
#define DORMOUSE_STALL_PAGE_GFN_MASK 0x0FFFFFFFu

/* Last page whose tag had wrong parity. PARITY_ERRORS tells how often that was found. Such a
 * page answers like a bad one until MARK gives it a state. Read-only.
 */
#define DORMOUSE_PARITY_PAGE 0x114u
/* Guest page number. */
#define DORMOUSE_PARITY_PAGE_GFN_SHIFT 0
#define DORMOUSE_PARITY_PAGE_GFN_MASK 0x0FFFFFFFu
/* There was one since reset. */
#define DORMOUSE_PARITY_PAGE_VALID_SHIFT 31
#define DORMOUSE_PARITY_PAGE_VALID_MASK 0x80000000u

/* Translation misses. Guest bursts whose page a port's cache of translations did not have when
 * they came, since reset; wraps at 2^32. Of those that the port refuses none is counted.
 * Read-only.
 */
#define DORMOUSE_TRANSLATION_MISSES 0x118u
/* Bursts. */
#define DORMOUSE_TRANSLATION_MISSES_COUNT_SHIFT 0
#define DORMOUSE_TRANSLATION_MISSES_COUNT_MASK 0xFFFFFFFFu

/* Owner of the frame of the last QUERY. Read-only. */
#define DORMOUSE_OWNER 0x11Cu
/* The page that the frame was mapped to; without meaning when it is not mapped. */
#define DORMOUSE_OWNER_GFN_SHIFT 0
#define DORMOUSE_OWNER_GFN_MASK 0x0FFFFFFFu
/* The frame's entry of the guard has wrong parity: it takes part in no operation but RETIRE, and
 * is counted in the state that it had.
 */
#define DORMOUSE_OWNER_DAMAGED_SHIFT 31
#define DORMOUSE_OWNER_DAMAGED_MASK 0x80000000u

/* Zero reads. Read bursts of dormant pages that were answered with zeros since reset; wraps at
 * 2^32. Read-only.
 */
#define DORMOUSE_ZERO_READS 0x120u
/* Bursts. */
#define DORMOUSE_ZERO_READS_COUNT_SHIFT 0
#define DORMOUSE_ZERO_READS_COUNT_MASK 0xFFFFFFFFu

/* Elided writes. Write bursts to dormant pages that were acknowledged and dropped since reset;
 * wraps at 2^32. Read-only.
 */
#define DORMOUSE_ELIDED_WRITES 0x124u
/* Bursts. */
#define DORMOUSE_ELIDED_WRITES_COUNT_SHIFT 0
#define DORMOUSE_ELIDED_WRITES_COUNT_MASK 0xFFFFFFFFu

/* Fast conversions. Pages that got a frame that was in the pool when they asked, since reset;
 * wraps at 2^32. Read-only.
 */
#define DORMOUSE_FAST_CONVERSIONS 0x128u
/* Pages. */
#define DORMOUSE_FAST_CONVERSIONS_COUNT_SHIFT 0
#define DORMOUSE_FAST_CONVERSIONS_COUNT_MASK 0xFFFFFFFFu

/* On-demand conversions. Pages that got a frame that had to be zeroed first, since reset; wraps
 * at 2^32. Read-only.
 */
#define DORMOUSE_DEMAND_CONVERSIONS 0x12Cu
/* Pages. */
#define DORMOUSE_DEMAND_CONVERSIONS_COUNT_SHIFT 0
#define DORMOUSE_DEMAND_CONVERSIONS_COUNT_MASK 0xFFFFFFFFu

/* Stalls. Guest accesses that waited for firmware since reset; wraps at 2^32. Read-only. */
#define DORMOUSE_STALLS 0x130u
/* Accesses. */
#define DORMOUSE_STALLS_COUNT_SHIFT 0
#define DORMOUSE_STALLS_COUNT_MASK 0xFFFFFFFFu

/* Pages redormanted by stores. Resident pages that became dormant because ordinary stores had
 * zeroed them, since reset; wraps at 2^32. Read-only.
 */
#define DORMOUSE_REDORMANTED_STORES 0x134u
/* Pages. */
#define DORMOUSE_REDORMANTED_STORES_COUNT_SHIFT 0
#define DORMOUSE_REDORMANTED_STORES_COUNT_MASK 0xFFFFFFFFu

/* Pages redormanted by the doorbell. Resident pages that ZERO_PAGE made dormant since reset;
 * wraps at 2^32. Read-only.
 */
#define DORMOUSE_REDORMANTED_DOORBELL 0x138u
/* Pages. */
#define DORMOUSE_REDORMANTED_DOORBELL_COUNT_SHIFT 0
#define DORMOUSE_REDORMANTED_DOORBELL_COUNT_MASK 0xFFFFFFFFu

/* Parity errors. Lookups that found a tag with wrong parity since reset; wraps at 2^32.
 * Read-only.
 */
#define DORMOUSE_PARITY_ERRORS 0x13Cu
/* Lookups. */
#define DORMOUSE_PARITY_ERRORS_COUNT_SHIFT 0
#define DORMOUSE_PARITY_ERRORS_COUNT_MASK 0xFFFFFFFFu

/* Histogram of the latency of conversions. Entry k counts the conversions by hardware that took
 * 2^k to 2^(k+1) - 1 cycles, from the request to the frame; entry 0 also those of no cycle,
 * entry 15 all longer ones. Each wraps at 2^32. Read-only. Entry k of 16 is 4 k bytes on.
 */
#define DORMOUSE_CONVERSION_HIST 0x140u
#define DORMOUSE_CONVERSION_HIST_ENTRIES 16u
/* Conversions. */
#define DORMOUSE_CONVERSION_HIST_COUNT_SHIFT 0
#define DORMOUSE_CONVERSION_HIST_COUNT_MASK 0xFFFFFFFFu

/* Histogram of the duration of stalls. Entry k counts the stalls that lasted 2^k to 2^(k+1) - 1
 * cycles, from the entry into the queue to their end; entry 0 also those of no cycle, entry 15
 * all longer ones. Each wraps at 2^32. Read-only. Entry k of 16 is 4 k bytes on.
 */
#define DORMOUSE_STALL_HIST 0x180u
#define DORMOUSE_STALL_HIST_ENTRIES 16u
/* Stalls. */
#define DORMOUSE_STALL_HIST_COUNT_SHIFT 0
#define DORMOUSE_STALL_HIST_COUNT_MASK 0xFFFFFFFFu

#endif
