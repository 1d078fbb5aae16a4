package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.BindAddress;
import io.redoubt.protocol.config.directive.BindDirective;
import io.redoubt.protocol.config.directive.ChoiceDirective;
import io.redoubt.protocol.config.directive.ClientClass;
import io.redoubt.protocol.config.directive.DirectoryDirective;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.LongDirective;
import io.redoubt.protocol.config.directive.MemoryDirective;
import io.redoubt.protocol.config.directive.MemoryOrPercentDirective;
import io.redoubt.protocol.config.directive.OctalDirective;
import io.redoubt.protocol.config.directive.OutputLimit;
import io.redoubt.protocol.config.directive.OutputLimitsDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.LogFormat;
import io.redoubt.protocol.process.TitleTemplate;
import io.redoubt.protocol.process.os.Locales;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The directives for network, log and clients, shared by data server and sentinel. */
public final class CommonDirectives extends DirectiveGroup {
  private static final long MIB = 1 << 20;
  private static final int LOCAL0_CODE = 16;

  /** The supervisor to notify when the process is ready. */
  public enum Supervision {
    /** None. */
    NO,
    /** Upstart: the process stops itself once. */
    UPSTART,
    /** systemd, through {@code NOTIFY_SOCKET}. */
    SYSTEMD,
    /** Detected from the environment. */
    AUTO
  }

  /** The facilities of syslog. */
  public enum SyslogFacility {
    USER,
    LOCAL0,
    LOCAL1,
    LOCAL2,
    LOCAL3,
    LOCAL4,
    LOCAL5,
    LOCAL6,
    LOCAL7;

    /** Returns the code of RFC 3164, section 4.1.1. */
    public int code() {
      return this == USER ? 1 : LOCAL0_CODE + ordinal() - LOCAL0.ordinal();
    }
  }

  /** The clients that may use a dangerous feature. */
  public enum Permission {
    /** None. */
    NO,
    /** All. */
    YES,
    /** Clients on this machine. */
    LOCAL
  }

  /** The channel permissions of a new user. */
  public enum PubsubDefault {
    /** All channels. */
    ALLCHANNELS,
    /** No channels. */
    RESETCHANNELS
  }

  {
    startSection("NETWORK");
  }

  public final BindDirective bind =
      bindAddresses("bind", List.of(new BindAddress("*", false), new BindAddress("::*", true)))
          .shipped("127.0.0.1 -::1")
          .doc(
              "The addresses to listen on. An address with a leading minus may be missing on this"
                  + " machine. '*' and '::*' are all addresses of IPv4 and IPv6. Without this line"
                  + " the server listens on all addresses, and protected-mode applies.");

  public final TextDirective bindSourceAddr =
      text("bind-source-addr", "")
          .shown(
              "10.0.0.1",
              "The local address of connections to other servers: a master, nodes of a"
                  + " cluster, and the servers that a sentinel watches.");

  public final YesNoDirective protectedMode =
      yesNo("protected-mode", true)
          .doc(
              "Serve only clients on this machine while the default user has no password."
                  + " Turn it off only behind a firewall.");

  public final ChoiceDirective<Permission> enableProtectedConfigs =
      choice("enable-protected-configs", Permission.NO)
          .immutable()
          .doc(
              "The clients that may change protected directives by CONFIG SET, which can be abused"
                  + " to write arbitrary files: no, yes, or local (connections from this"
                  + " machine).");

  public final ChoiceDirective<Permission> enableDebugCommand =
      choice("enable-debug-command", Permission.NO)
          .immutable()
          .doc("The clients that may use DEBUG: no, yes or local.");

  public final ChoiceDirective<Permission> enableModuleCommand =
      choice("enable-module-command", Permission.NO)
          .immutable()
          .doc(
              "The clients that may use MODULE LOAD, LOADEX and UNLOAD, which then reply that"
                  + " modules can't be loaded here: no, yes or local.");

  public final IntDirective port =
      integer("port", 6379).between(0, 65535).doc("The TCP port; 0 for none.");

  public final IntDirective tcpBacklog =
      integer("tcp-backlog", 511)
          .immutable()
          .doc(
              "The maximum number of connections waiting to be accepted. Linux reduces it to"
                  + " /proc/sys/net/core/somaxconn.");

  public final TextDirective unixsocket =
      text("unixsocket", "")
          .immutable()
          .shown("/run/redis.sock", "The path of a Unix domain socket to listen on as well.");

  public final OctalDirective unixsocketperm =
      octal("unixsocketperm", 0).immutable().shown("700", "The mode of that socket.");

  public final TextDirective unixsocketgroup =
      text("unixsocketgroup", "")
          .fixedAtRunTime("can't set immutable config")
          .shown("redis", "The group that owns that socket.");

  public final IntDirective timeout =
      integer("timeout", 0)
          .doc("Seconds after which an idle client is disconnected; 0 disables it.");

  public final IntDirective tcpKeepalive =
      integer("tcp-keepalive", 300)
          .doc(
              "Seconds between TCP keep-alives, which detect dead peers and keep connections open"
                  + " in firewalls; 0 disables them.");

  public final LongDirective socketMarkId =
      number("socket-mark-id", 0)
          .between(0, 0xFFFF_FFFFL)
          .immutable()
          .doc(
              "A mark (SO_MARK) for the packets of the listening sockets and of the connections"
                  + " to them. Needs the capability CAP_NET_ADMIN; 0 is no mark.");

  {
    startSection("GENERAL");
  }

  public final YesNoDirective daemonize =
      yesNo("daemonize", false)
          .immutable()
          .doc("Run in the background; the command returns when the server is listening.");

  public final ChoiceDirective<Supervision> supervised =
      choice("supervised", Supervision.NO)
          .immutable()
          .doc(
              "The supervisor to notify when the server is ready: systemd (through NOTIFY_SOCKET),"
                  + " upstart (by stopping once), auto (detected from the environment), no.");

  public final TextDirective pidfile =
      text("pidfile", "")
          .immutable()
          .shipped("/var/run/redis_6379.pid")
          .doc(
              "The file that contains the process id, removed on exit. Without this line a server"
                  + " in the background uses /var/run/redis.pid.");

  public final ChoiceDirective<Log.Level> loglevel =
      choice("loglevel", Log.Level.NOTICE)
          .doc("The minimum level of logged messages: debug, verbose, notice, warning, nothing.");

  public final TextDirective logfile =
      text("logfile", "")
          .immutable()
          .shipped("\"\"")
          .doc("The log file; if empty, the log goes to standard output.");

  public final ChoiceDirective<LogFormat.Style> logFormat =
      choice("log-format", LogFormat.Style.LEGACY)
          .doc("The form of log lines: legacy (Redis' form) or logfmt.");

  public final ChoiceDirective<LogFormat.Timestamps> logTimestampFormat =
      choice("log-timestamp-format", LogFormat.Timestamps.LEGACY)
          .doc("The form of times in the log: legacy, iso8601, or milliseconds of Unix time.");

  public final YesNoDirective hideUserDataFromLog =
      yesNo("hide-user-data-from-log", true)
          .doc(
              "Hide keys, values, arguments of commands, and the names of clients and users in the"
                  + " log.");

  public final YesNoDirective syslogEnabled =
      yesNo("syslog-enabled", false).immutable().doc("Write to the system log (/dev/log), too.");

  public final TextDirective syslogIdent =
      text("syslog-ident", "redis").immutable().doc("The program's name in the system log.");

  public final ChoiceDirective<SyslogFacility> syslogFacility =
      choice("syslog-facility", SyslogFacility.LOCAL0)
          .immutable()
          .doc("The facility in the system log: user, or local0 to local7.");

  public final YesNoDirective crashLogEnabled =
      yesNo("crash-log-enabled", true).acceptedWithoutEffect().doc("Describe a crash in the log.");

  public final YesNoDirective crashMemcheckEnabled =
      yesNo("crash-memcheck-enabled", true)
          .acceptedWithoutEffectExcept(List.of(false))
          .doc("Test the memory after a crash.");

  public final YesNoDirective useExitOnPanic =
      yesNo("use-exit-on-panic", false)
          .hidden()
          .acceptedWithoutEffect()
          .doc("Exit instead of aborting after a failed assertion.");

  public final YesNoDirective alwaysShowLogo =
      yesNo("always-show-logo", false)
          .immutable()
          .doc("Print the logo with port and process id on start, even if the log goes to a file.");

  public final YesNoDirective setProcTitle =
      yesNo("set-proc-title", true)
          .immutable()
          .doc("Show the process by a title, such as redis-server *:6379, in ps and ss.");

  public final TextDirective procTitleTemplate =
      text("proc-title-template", "{title} {listen-addr} {server-mode}")
          .check(template -> {
            if (!TitleTemplate.isValid(template)) {
              throw new RefusedValue("template format is invalid or contains unknown variables");
            }
          })
          .doc(
              "The template of the process title: {title} {listen-addr} {server-mode}"
                  + " {port} {tls-port} {unixsocket} {config-file}.");

  public final TextDirective localeCollate =
      text("locale-collate", "")
          .check(name -> {
            if (!Locales.isKnown(name)) {
              throw new RefusedValue("Invalid locale name");
            }
          })
          .acceptedWithoutEffectExcept(List.of("C", "POSIX"))
          .doc("The locale in which SORT ALPHA and Lua compare texts.");

  public final DirectoryDirective dir =
      directory("dir", Path.of("").toAbsolutePath())
          .guarded()
          .fixedWhileLoading()
          .shipped("./")
          .doc("The working directory, for data files and for relative paths in this file.");

  {
    startSection("SECURITY");
  }

  public final TextDirective requirepass =
      text("requirepass", "")
          .sensitive()
          .shown("foobared", "The password of the default user; clients send it with AUTH.");

  public final TextDirective requirepassFile =
      fileOf(requirepass)
          .shown(
              "/etc/redis/password",
              "A file that holds the password, so that it needn't stand here.");

  public final FileWord user =
      fileWord("user")
          .arguments(1, Integer.MAX_VALUE)
          .keyWords(2)
          .anyBytes()
          .shown(
              "worker on >secret ~jobs:* &* +@list +@connection",
              "A user: its name and rules as in ACL SETUSER. One line per user; cannot be combined"
                  + " with aclfile.");

  public final TextDirective aclfile =
      text("aclfile", "")
          .immutable()
          .shown(
              "/etc/redis/users.acl",
              "A file of user lines, read at startup and by ACL LOAD, written by ACL SAVE.");

  public final ChoiceDirective<PubsubDefault> aclPubsubDefault =
      choice("acl-pubsub-default", PubsubDefault.RESETCHANNELS)
          .doc("The channels that a new user may use: allchannels or resetchannels (none).");

  public final LongDirective acllogMaxLen =
      number("acllog-max-len", 128).doc("The maximum number of entries of ACL LOG.");

  {
    startSection("CLIENTS");
  }

  public final LongDirective maxclients =
      number("maxclients", 10000)
          .between(1, 0xFFFF_FFFFL)
          .doc(
              "The maximum number of connected clients. It is lowered if the limit of open files"
                  + " (ulimit -n) is too low for them.");

  public final OutputLimitsDirective clientOutputBufferLimit =
      outputLimits(
              "client-output-buffer-limit",
              new EnumMap<>(
                  Map.of(
                      ClientClass.NORMAL, new OutputLimit(0, 0, 0),
                      ClientClass.REPLICA, new OutputLimit(256 * MIB, 64 * MIB, 60),
                      ClientClass.PUBSUB, new OutputLimit(32 * MIB, 8 * MIB, 60))))
          .doc(
              "Disconnect clients that read too slowly: the client class, the hard limit of pending"
                  + " output at which a client is disconnected at once, and the soft limit with the"
                  + " seconds it may be exceeded. 0 is no limit.");

  public final MemoryDirective clientQueryBufferLimit =
      memory("client-query-buffer-limit", 1024 * MIB)
          .between(MIB, Long.MAX_VALUE)
          .doc("The maximum size of a client's pending requests.");

  public final MemoryOrPercentDirective maxmemoryClients =
      memoryOrPercent("maxmemory-clients", 0)
          .doc(
              "The maximum memory of all connections together, in bytes or as a percentage of"
                  + " maxmemory; beyond it the largest connections are closed. 0 is no limit.");

  public final MemoryDirective protoMaxBulkLen =
      memory("proto-max-bulk-len", 512 * MIB)
          .between(MIB, Long.MAX_VALUE)
          .doc("The maximum length of an argument, and thus of a string.");

  /**
   * Returns the local address of connections to other servers, null for any.
   *
   * @throws UnknownHostException if {@code bind-source-addr} names none
   */
  public @Nullable InetAddress sourceAddress() throws UnknownHostException {
    String address = bindSourceAddr.value();
    return address.isEmpty() ? null : InetAddress.getByName(address);
  }
}
