/** How `tc` is told to hold a link to a rate. */

/** A bucket smaller than what one large send is, or than what comes between two ticks of the kernel, would not reach the rate. */
const BUCKET_BYTES_MIN = 128 << 10
const BUCKET_MS = 4
/** How long a packet may wait before it is dropped: a router's buffer. */
const QUEUE_MS = 50

/**
 * @param rate bits a second, headers included
 * @param queueMs how long a packet may wait
 */
export function shape(device: string, rate: number, queueMs = QUEUE_MS): string {
  const bucketBytes = Math.max(BUCKET_BYTES_MIN, Math.round((rate / 8) * (BUCKET_MS / 1000)))
  return `qdisc add dev ${device} root tbf rate ${Math.round(rate)}bit burst ${bucketBytes}b latency ${queueMs}ms`
}
