/**
 * The push of metrics to an OpenTelemetry collector by Micrometer's OTLP registry. Start reading at
 * {@link io.redoubt.protocol.otlp.OtlpPush}.
 *
 * <p>The libraries that it needs are optional. Only a process with {@code metrics-otlp-url} loads
 * this package, and only on the thread that pushes.
 */
@NullMarked
package io.redoubt.protocol.otlp;

import org.jspecify.annotations.NullMarked;
