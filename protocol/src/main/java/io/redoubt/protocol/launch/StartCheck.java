package io.redoubt.protocol.launch;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.Mistakes;
import io.redoubt.protocol.config.directive.BindAddress;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A trial of the files, addresses and certificates that every program opens at its start. Ports are
 * not taken, because the program may run already; files that were not there are removed.
 */
final class StartCheck {
  private final Directives directives;
  private final Log log;

  StartCheck(Directives directives, Log log) {
    this.directives = directives;
    this.log = log;
  }

  /** Reports files and ports that a start would fail to open. */
  void run(Mistakes mistakes) throws FatalConfigError {
    logfile(mistakes);
    if (directives.listeners().isEmpty()) {
      mistakes.onMistake(
          directives.error(directives.common.port, "Configured to not listen anywhere, exiting."));
    }
    try {
      new TlsSettings(directives).load();
    } catch (IOException e) {
      boolean listens = directives.tls.tlsPort.value() != 0;
      Directive<?, ?> cause = listens ? directives.tls.tlsPort : directives.tls.tlsReplication;
      mistakes.onMistake(directives.error(cause, SystemErrors.textWithFile(e)));
    }
    try {
      directives.common.sourceAddress();
    } catch (UnknownHostException e) {
      mistakes.onMistake(directives.error(directives.common.bindSourceAddr, SystemErrors.text(e)));
    }
    listeners(mistakes);
    ports(mistakes);
    headers(mistakes);
  }

  private void logfile(Mistakes mistakes) throws FatalConfigError {
    String name = directives.common.logfile.value();
    if (name.isEmpty()) {
      return;
    }
    Path path = directives.path(name);
    boolean isNew = Files.notExists(path);
    try {
      FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
      if (isNew) {
        Files.delete(path);
      }
    } catch (IOException e) {
      mistakes.onMistake(
          directives.error(
              directives.common.logfile, "Can't open the log file: " + SystemErrors.text(e)));
    }
  }

  private void listeners(Mistakes mistakes) throws FatalConfigError {
    Transport transport = Transport.open("check", BufferMemory.offHeap());
    try {
      Listeners listeners =
          new Listeners(
              transport, directives, new TlsSettings(directives), log, true, connection -> {});
      for (BindAddress address : directives.common.bind.value()) {
        try {
          listeners.probe(address);
        } catch (IOException e) {
          mistakes.onMistake(directives.error(directives.common.bind, SystemErrors.text(e)));
        }
      }
      try {
        listeners.probeUnixSocket();
      } catch (IOException e) {
        mistakes.onMistake(directives.error(directives.common.unixsocket, SystemErrors.text(e)));
      }
    } finally {
      transport.close();
    }
  }

  /** Finds headers for the collector of metrics that can't be read or sent. */
  private void headers(Mistakes mistakes) throws FatalConfigError {
    String name = directives.metrics.metricsOtlpHeadersFile.value();
    if (name.isEmpty() || !directives.metrics.metricsOtlpUrl.isSet()) {
      return;
    }
    try {
      CollectorHeaders.read(directives.path(name));
    } catch (IOException e) {
      mistakes.onMistake(
          directives.error(
              directives.metrics.metricsOtlpHeadersFile, name + ": " + SystemErrors.text(e)));
    }
  }

  /** Finds ports that are configured twice. */
  private void ports(Mistakes mistakes) throws FatalConfigError {
    Map<Integer, String> taken = new LinkedHashMap<>();
    takePort(directives.common.port, taken, mistakes);
    takePort(directives.tls.tlsPort, taken, mistakes);
    if (sharesAddress(directives.metrics.metricsBind.value(), mistakes)) {
      takePort(directives.metrics.metricsPort, taken, mistakes);
    }
  }

  private void takePort(IntDirective directive, Map<Integer, String> taken, Mistakes mistakes)
      throws FatalConfigError {
    String other =
        directive.value() == 0 ? null : taken.putIfAbsent(directive.value(), directive.name());
    if (other != null) {
      mistakes.onMistake(
          directives.error(directive, "the port " + directive.value() + " is that of " + other));
    }
  }

  /** Returns true if an address of {@code bind} is or includes the given one. */
  private boolean sharesAddress(String host, Mistakes mistakes) throws FatalConfigError {
    InetAddress address;
    try {
      address = InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      mistakes.onMistake(directives.error(directives.metrics.metricsBind, SystemErrors.text(e)));
      return false;
    }
    for (BindAddress each : directives.common.bind.value()) {
      try {
        InetAddress listened = InetAddress.getByName(each.listened());
        if (listened.isAnyLocalAddress()
            || address.isAnyLocalAddress()
            || listened.equals(address)) {
          return true;
        }
      } catch (UnknownHostException e) {
        log.verbose("%s", e.getMessage()); // reported with the listeners
      }
    }
    return false;
  }
}
