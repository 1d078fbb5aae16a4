package io.redoubt.protocol.launch;

import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SmallFile;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Threads;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * Loads renewed keys and certificates, at the interval {@code tls-auto-reload-interval}. Files are
 * read on a thread of their own, because a disk may be slow, and compared by content. Files that
 * can't be used are reported, and the loaded ones stay in use.
 */
public final class TlsReload {
  private final IntDirective interval;
  private final TlsSettings tls;
  private final Loop loop;
  private final Threads threads;
  private final Log log;
  private @Nullable Cancellable timer;
  private boolean reading;

  /** The checksum of the contents that were loaded or refused last; null before the first. */
  private @Nullable Long seen;

  /** Creates a check that is not started. */
  public TlsReload(IntDirective interval, TlsSettings tls, Loop loop, Threads threads, Log log) {
    this.interval = interval;
    this.tls = tls;
    this.loop = loop;
    this.threads = threads;
    this.log = log;
  }

  /** Follows the directive from now on. On the loop's thread, or before the loop runs. */
  public void start() {
    interval.onChange(this::restart);
    restart();
  }

  private void restart() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    seen = null;
    if (interval.value() > 0) {
      read();
      timer = loop.every(this::read, interval.value() * 1000L);
    }
  }

  private void read() {
    if (!reading) {
      reading = true;
      List<Path> files = tls.files();
      threads
          .unstarted(
              "tls-reload",
              () -> {
                long content = content(files);
                loop.report(() -> compare(content));
              })
          .start();
    }
  }

  private void compare(long content) {
    reading = false;
    Long before = seen;
    seen = content;
    if (before != null && before == content) {
      return;
    }
    try {
      tls.load(); // at first, too, because the files may have changed since the process started
      if (before != null) {
        log.notice("TLS certificates and keys have changed and were loaded.");
      }
    } catch (IOException e) {
      log.warning(
          "TLS certificates or keys have changed and can't be loaded, the earlier ones remain in"
              + " use: %s",
          SystemErrors.textWithFile(e));
    }
  }

  /** Returns a checksum of the contents of files and folders, those that can't be read included. */
  private static long content(List<Path> paths) {
    Checksum sum = new CRC32C();
    for (Path path : paths) {
      try {
        for (Path file : Files.isDirectory(path) ? filesIn(path) : List.of(path)) {
          sum.update(SmallFile.bytes(file));
        }
      } catch (IOException e) {
        sum.update(1);
      }
      sum.update(0); // the same bytes in another file are a change
    }
    return sum.getValue();
  }

  private static List<Path> filesIn(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, Files::isRegularFile)) {
      entries.forEach(files::add);
    }
    files.sort(null);
    return files;
  }
}
