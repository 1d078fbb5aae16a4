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
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The bodies of replies. Each is rendered once and shared by all replies of that moment, so that
 * many slow readers cost no more memory than one. Confined to the server's thread.
 */
final class Content {
  private final Map<TextFormat, ByteBuf> metrics = new EnumMap<>(TextFormat.class);
  private final Map<String, ByteBuf> files = new HashMap<>();
  private @Nullable MetricsSnapshot rendered;

  /** Returns the metrics in a format; the caller releases it. */
  ByteBuf metrics(MetricsSnapshot snapshot, TextFormat format) {
    if (rendered != snapshot) {
      forget();
      rendered = snapshot;
    }
    return metrics
        .computeIfAbsent(format, it -> direct(it.write(snapshot, JvmMetrics.take())))
        .retainedDuplicate();
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

  private void forget() {
    metrics.values().forEach(ByteBuf::release);
    metrics.clear();
  }

  /** Releases all bodies. */
  void close() {
    forget();
    files.values().forEach(ByteBuf::release);
    files.clear();
  }
}
