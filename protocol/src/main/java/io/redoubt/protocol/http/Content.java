package io.redoubt.protocol.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redoubt.protocol.metrics.JvmMetrics;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.metrics.TextFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The bodies of replies. Each is rendered once and shared by all replies of that moment, so that
 * many slow readers cost no more memory than one. Confined to the server's thread.
 */
final class Content {
  private static final int FIRST_BYTES = 1 << 16;

  private final Map<TextFormat, ByteBuf> metrics = new EnumMap<>(TextFormat.class);
  private final Map<String, ByteBuf> files = new HashMap<>();
  private final Set<TextFormat> current = EnumSet.noneOf(TextFormat.class);
  private @Nullable MetricsSnapshot rendered;

  /** Returns the metrics in a format; the caller releases it. */
  ByteBuf metrics(MetricsSnapshot snapshot, TextFormat format) {
    if (rendered != snapshot) {
      current.clear();
      rendered = snapshot;
    }
    if (current.add(format)) {
      metrics.compute(format, (it, before) -> render(snapshot, format, before));
    }
    return Objects.requireNonNull(metrics.get(format)).retainedDuplicate();
  }

  /** Renders the metrics, in the buffer of the last time if no reply still sends it. */
  private static ByteBuf render(
      MetricsSnapshot snapshot, TextFormat format, @Nullable ByteBuf before) {
    ByteBuf body = before;
    if (body == null || body.refCnt() > 1) {
      int size = body == null ? FIRST_BYTES : body.readableBytes();
      if (body != null) {
        body.release();
      }
      body = Unpooled.directBuffer(size);
    }
    ByteBuf target = body.clear();
    format.write(
        piece -> target.writeBytes(piece.getBytes(StandardCharsets.UTF_8)),
        snapshot,
        JvmMetrics.take());
    return target;
  }

  /** Returns a resource of the page; the caller releases it. */
  ByteBuf file(String name) {
    return files.computeIfAbsent(name, Content::read).retainedDuplicate();
  }

  private static ByteBuf read(String name) {
    try (InputStream in = Content.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + name);
      }
      byte[] bytes = in.readAllBytes();
      return Unpooled.directBuffer(bytes.length).writeBytes(bytes);
    } catch (IOException e) {
      throw new IllegalStateException(name, e);
    }
  }

  /** Returns a text in a buffer that the network takes without another copy. */
  static ByteBuf direct(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return Unpooled.directBuffer(bytes.length).writeBytes(bytes);
  }

  void close() {
    metrics.values().forEach(ByteBuf::release);
    metrics.clear();
    current.clear();
    files.values().forEach(ByteBuf::release);
    files.clear();
  }
}
