package io.redoubt.protocol.acl;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.ChannelSpec;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.DatabaseSpec;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.Invocation;
import io.redoubt.protocol.command.KeyFlag;
import io.redoubt.protocol.resp.Request;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsersTest {
  private static final class Sample extends CommandGroup<Invocation> {
    Sample() {
      super(Group.STRING);
      command("GET key")
          .is(Flag.READONLY, Flag.FAST)
          .keys(KeyFlag.RO, KeyFlag.ACCESS)
          .runs(c -> {});
      command("STRLEN key").is(Flag.READONLY, Flag.FAST).keys(KeyFlag.RO).runs(c -> {});
      command("SET key value").is(Flag.WRITE).keys(KeyFlag.OW, KeyFlag.UPDATE).runs(c -> {});
      command("MGET key...").is(Flag.READONLY).keys(KeyFlag.RO, KeyFlag.ACCESS).runs(c -> {});
      command("COPY source destination")
          .is(Flag.WRITE)
          .keys(KeyFlag.RO, KeyFlag.ACCESS)
          .keys(KeyFlag.OW, KeyFlag.UPDATE)
          .runs(c -> {});
      command("SELECT index").databases(DatabaseSpec.named((request, i) -> true)).runs(c -> {});
      command("MOVE key db")
          .is(Flag.WRITE)
          .keys(KeyFlag.RW)
          .databases(DatabaseSpec.current((request, i) -> i == 2))
          .runs(c -> {});
      command("FLUSHALL").is(Flag.WRITE).databases(DatabaseSpec.ALL).runs(c -> {});
      command("WATCH key...").categories(Category.TRANSACTION).keys(KeyFlag.RO).runs(c -> {});
      command("EVAL script numkeys [key...]")
          .categories(Category.SCRIPTING)
          .keys(KeyFlag.RW)
          .runs(c -> {});
      command("PUBLISH channel message")
          .is(Flag.PUBSUB)
          .channels(new ChannelSpec(1, false, false))
          .runs(c -> {});
      command("PSUBSCRIBE pattern...")
          .is(Flag.PUBSUB)
          .channels(new ChannelSpec(1, true, true))
          .runs(c -> {});
      container("CONFIG").holds();
      command("CONFIG GET parameter...").is(Flag.ADMIN).runs(c -> {});
      command("CONFIG SET (parameter value)...").is(Flag.ADMIN).runs(c -> {});
    }
  }

  private final CommandTable<Invocation> table = new CommandTable<>();
  private final Users users;

  UsersTest() {
    table.add(new Sample());
    users = new Users(table);
  }

  private User user(String... rules) {
    return users.set(ByteString.of("bob"), List.of(rules));
  }

  private @Nullable Denial check(User user, String... words) {
    Request request = Request.of(words);
    Command<?> command = table.find(request);
    assertThat(command).isNotNull();
    return user.check(command, request, 0);
  }

  /** Returns what a request is denied in a database, or null if it is permitted there. */
  private @Nullable String denied(User user, int database, String... words) {
    Request request = Request.of(words);
    Command<?> command = table.find(request);
    assertThat(command).isNotNull();
    Denial denial = user.check(command, request, database);
    return denial == null
        ? null
        : denial.label() + " " + user.deniedObject(denial, command, request, database);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          off;                             off sanitize-payload resetchannels -@all
          on nopass allkeys allchannels +@all; on nopass sanitize-payload ~* &* +@all
          ~a* %R~b* %W~c* %RW~d* &ch*;     off sanitize-payload ~a* %R~b* %W~c* ~d* resetchannels &ch* -@all
          %R~x %W~x;                       off sanitize-payload ~x resetchannels -@all
          +get -set +@read;                off sanitize-payload resetchannels -@all +get -set +@read
          -@all -get -@write;              off sanitize-payload resetchannels -@all -get -@write
          +get -get;                       off sanitize-payload resetchannels -@all -get
          +@read -get;                     off sanitize-payload resetchannels -@all +@read -get
          +@all -get +get;                 off sanitize-payload resetchannels +@all +get
          +select|3 +select;               off sanitize-payload resetchannels -@all +select
          +select -select;                 off sanitize-payload resetchannels -@all -select
          +get -get +get;                  off sanitize-payload resetchannels -@all +get
          +config|get +config;             off sanitize-payload resetchannels -@all +config
          +config|get;                     off sanitize-payload resetchannels -@all +config|get
          -@dangerous;                     off sanitize-payload resetchannels -@all -@dangerous
          +@SET +@write +@set;             off sanitize-payload resetchannels -@all +@write +@set
          +config +config|get -config|set +config;off sanitize-payload resetchannels -@all +config
          +config|get -config;             off sanitize-payload resetchannels -@all -config
          +select|3 +select|3 +select;     off sanitize-payload resetchannels -@all +select
          +Get +get +gET;                  off sanitize-payload resetchannels -@all +get
          +config -config|set;             off sanitize-payload resetchannels -@all +config -config|set
          +@all -@admin;                   off sanitize-payload resetchannels +@all -@admin
          +get +@all;                      off sanitize-payload resetchannels +@all
          +@all +get;                      off sanitize-payload resetchannels +@all +get
          +@all +get nocommands;           off sanitize-payload resetchannels -@all
          %RW;                             off sanitize-payload ~ resetchannels -@all
          +SELECT|3;                       off sanitize-payload resetchannels -@all +select|3
          (+set ~x) (~y &c +get);          off sanitize-payload resetchannels -@all (~x resetchannels -@all +set) (~y resetchannels &c -@all +get)
          (+set ~x) clearselectors;        off sanitize-payload resetchannels -@all
          on ~a +get reset;                off sanitize-payload resetchannels -@all
          skip-sanitize-payload;           off skip-sanitize-payload resetchannels -@all
          allkeys resetkeys;               off sanitize-payload resetchannels -@all
          db=3,0,0,1 ~a*;                  off sanitize-payload ~a* resetchannels db=0,1,3 -@all
          db=3 DB=2147483647;              off sanitize-payload resetchannels db=2147483647 -@all
          db=3 alldbs;                     off sanitize-payload resetchannels -@all
          db=3 reset;                      off sanitize-payload resetchannels -@all
          ResetDBs &c;                     off sanitize-payload resetchannels &c resetdbs -@all
          (db=0 +get) db=1;                off sanitize-payload resetchannels db=1 -@all (resetchannels db=0 -@all +get)
          #30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4; off sanitize-payload #30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4 resetchannels -@all
          >pw;                             off sanitize-payload #30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4 resetchannels -@all
          >pw <pw;                         off sanitize-payload resetchannels -@all
          >pw nopass;                      off nopass sanitize-payload resetchannels -@all
          nopass >pw resetpass;            off sanitize-payload resetchannels -@all
          """)
  void describesRulesLikeRedis(String rules, String shown) {
    User user = user(rules.split(" "));
    assertThat(user.describe()).isEqualTo(shown);
    User again = users.set(ByteString.of("again"), List.of(shown.split(" ")));
    assertThat(again.describe()).as("what is shown makes the same user").isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          foo;          foo; Syntax error
          +nosuch;      +nosuch; Unknown command or category name in ACL
          +@nosuch;     +@nosuch; Unknown command or category name in ACL
          %RWR~x;       %RWR~x; Syntax error
          %ww~x;        %ww~x; Syntax error
          %~x;          %~x; Syntax error
          %X~x;         %X~x; Syntax error
          <zz;          <zz; The password you are trying to remove from the user does not exist
          #abc;         #abc; The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters
          -config|foo;  -config|foo; Unknown command or category name in ACL
          +config|foo;  +config|foo; Unknown command or category name in ACL
          +get|a|b;     +get|a|b; Unknown command or category name in ACL
          +config|get|a; +config|get|a; Allowing first-arg of a subcommand is not supported
          %;            %; Syntax error
          %X~a;         %X~a; Syntax error
          %~a;          %~a; Syntax error
          db=;          db=; Syntax error
          db=abc;       db=abc; Syntax error
          db=,0;        db=,0; Syntax error
          db=0,;        db=0,; Syntax error
          db=0,,1;      db=0,,1; Syntax error
          db=+1;        db=+1; Syntax error
          db=01;        db=01; Syntax error
          db=99999999999999999999; db=99999999999999999999; Syntax error
          db=-1;        db=-1; The provided database ID is out of range
          db=0,2147483648; db=0,2147483648; The provided database ID is out of range
          """)
  void refusesInvalidRulesWithRedisErrors(String rules, String modifier, String message) {
    assertThatThrownBy(() -> user(rules.split(" ")))
        .hasMessage("Error in ACL SETUSER modifier '" + modifier + "': " + message);
  }

  @Test
  void appliesAllRulesOrNone() {
    user("on", "+get");
    assertThatThrownBy(() -> user("off", "+nosuch")).isInstanceOf(IllegalArgumentException.class);
    assertThat(user().describe()).isEqualTo("on sanitize-payload resetchannels -@all +get");
    assertThatThrownBy(() -> user("(+get", "~x"))
        .hasMessage("Unmatched parenthesis in acl selector starting at '(+get'.");
    assertThat(user("(+get", "~x", "+set)").describe())
        .endsWith(" (~x resetchannels -@all +get +set)");
  }

  @Test
  void checksCommands() {
    User user = user("allkeys", "allchannels", "+@read", "-mget", "+config|get", "+select|3");
    assertThat(check(user, "get", "k")).isNull();
    assertThat(check(user, "mget", "k")).isEqualTo(Denial.COMMAND);
    assertThat(check(user, "set", "k", "v")).isEqualTo(Denial.COMMAND);
    assertThat(check(user, "config", "get", "x")).isNull();
    assertThat(check(user, "config", "set", "x", "y")).isEqualTo(Denial.COMMAND);
    assertThat(check(user, "select", "3")).isNull();
    assertThat(check(user, "select", "4")).isEqualTo(Denial.COMMAND);
  }

  @Test
  void checksKeys() {
    User user = user("+@all", "%R~r:*", "%W~w:*", "~rw:*");
    assertThat(check(user, "get", "r:1")).isNull();
    assertThat(check(user, "get", "w:1")).isEqualTo(Denial.KEY);
    assertThat(check(user, "set", "w:1", "v")).isNull();
    assertThat(check(user, "set", "r:1", "v")).isEqualTo(Denial.KEY);
    assertThat(check(user, "strlen", "w:1")).as("metadata needs no permission to read").isNull();
    assertThat(check(user, "copy", "r:1", "w:1")).isNull();
    assertThat(check(user, "copy", "rw:1", "rw:2")).isNull();
    assertThat(check(user, "copy", "r:1", "r:2")).isEqualTo(Denial.KEY);
    assertThat(denied(user, 0, "copy", "r:1", "r:2")).isEqualTo("key r:2");
    assertThat(denied(user, 0, "mget", "r:1", "rw:1", "x")).isEqualTo("key x");
  }

  @Test
  void checksDatabases() {
    users.setDatabaseCount(16);
    User user = user("+@all", "~*", "&*", "db=1,15");
    assertThat(user.isUnrestricted()).isFalse();
    assertThat(denied(user, 1, "get", "k")).isNull();
    assertThat(denied(user, 0, "get", "k")).isEqualTo("database 0");
    assertThat(denied(user, 0, "watch", "k")).isEqualTo("database 0");
    assertThat(denied(user, 0, "eval", "s", "0")).as("no key, no database").isNull();
    assertThat(denied(user, 0, "eval", "s", "1", "k")).isEqualTo("database 0");
    assertThat(denied(user, 0, "publish", "c", "m")).isNull();
    assertThat(denied(user, 0, "config", "get", "x")).isNull();
    assertThat(denied(user, 0, "select", "15")).isNull();
    assertThat(denied(user, 1, "select", "2")).isEqualTo("database 2");
    assertThat(denied(user, 1, "select", "16")).as("left to the command").isNull();
    assertThat(denied(user, 1, "select", "x")).isNull();
    assertThat(denied(user, 1, "move", "k", "15")).isNull();
    assertThat(denied(user, 1, "move", "k", "2")).isEqualTo("database 2");
    assertThat(denied(user, 2, "move", "k", "1")).isEqualTo("database 2");
    assertThat(denied(user, 1, "flushall")).isEqualTo("database flushall");
    user = user("alldbs");
    assertThat(user.isUnrestricted()).isTrue();
    assertThat(denied(user, 1, "flushall")).isNull();
    user = user("resetdbs");
    assertThat(denied(user, 1, "get", "k")).isEqualTo("database 1");
    assertThat(denied(user("reset", "+@all"), 1, "flushall")).isNull();
  }

  @Test
  void selectorsHaveTheirOwnDatabases() {
    User user = user("(+set ~* db=0)", "(+get ~* db=1,2)");
    assertThat(denied(user, 0, "set", "k", "v")).isNull();
    assertThat(denied(user, 1, "get", "k")).isNull();
    assertThat(denied(user, 0, "get", "k")).as("more specific").isEqualTo("command get");
    assertThat(denied(user, 3, "get", "k")).isEqualTo("command get");
    assertThat(denied(user("reset", "(+@all ~* db=0)", "+@all", "~*", "db=1"), 2, "get", "k"))
        .isEqualTo("database 2");
    assertThat(user("reset", "db=0", "(+get db=1)").permissions())
        .extracting(User.Permissions::databases)
        .containsExactly("db=0", "db=1");
    assertThat(user("resetdbs", "clearselectors", "(+get)").permissions())
        .extracting(User.Permissions::databases)
        .containsExactly("", "alldbs");
  }

  @Test
  void checksChannels() {
    User user = user("+@all", "&news:*");
    assertThat(check(user, "publish", "news:a", "m")).isNull();
    assertThat(check(user, "publish", "other", "m")).isEqualTo(Denial.CHANNEL);
    assertThat(check(user, "psubscribe", "news:*")).isNull();
    assertThat(check(user, "psubscribe", "news:*", "news:a"))
        .as("a pattern must be allowed literally")
        .isEqualTo(Denial.CHANNEL);
  }

  @Test
  void selectorsAreIndependent() {
    User user = user("+get", "~a", "(+set ~b)");
    assertThat(check(user, "get", "a")).isNull();
    assertThat(check(user, "set", "b", "v")).isNull();
    assertThat(check(user, "set", "a", "v")).isEqualTo(Denial.KEY);
    assertThat(check(user, "mget", "a")).isEqualTo(Denial.COMMAND);
  }

  @Test
  void unrestrictedUsersNeedNoCheck() {
    assertThat(users.defaultUser().isUnrestricted()).isTrue();
    assertThat(user("+@all", "~*", "&*").isUnrestricted()).isTrue();
    assertThat(user("-get").isUnrestricted()).isFalse();
  }

  @Test
  void checksPasswords() {
    ByteString bob = ByteString.of("bob");
    user("on", ">one", ">two");
    assertThat(users.authenticate(bob, "one".getBytes())).isNotNull();
    assertThat(users.authenticate(bob, "two".getBytes())).isNotNull();
    assertThat(users.authenticate(bob, "three".getBytes())).isNull();
    user("off");
    assertThat(users.authenticate(bob, "one".getBytes())).isNull();
    user("on", "nopass");
    assertThat(users.authenticate(bob, "whatever".getBytes())).isNotNull();
    assertThat(users.authenticate(ByteString.of("nobody"), new byte[0])).isNull();
  }

  @Test
  void requirePasswordSetsTheDefaultUsersPassword() {
    ByteString name = ByteString.of("default");
    assertThat(users.allowsUnauthenticated()).isTrue();
    users.setRequiredPassword("secret");
    assertThat(users.allowsUnauthenticated()).isFalse();
    assertThat(users.authenticate(name, "secret".getBytes())).isSameAs(users.defaultUser());
    users.setRequiredPassword("other");
    assertThat(users.authenticate(name, "secret".getBytes())).isNull();
    users.setRequiredPassword("");
    assertThat(users.allowsUnauthenticated()).isTrue();
  }

  @Test
  void configurationLinesReplaceUsers() {
    define(
        List.of(List.of("default", "on", "nopass", "~*", "+@all"), List.of("alice", "on", "+get")));
    assertThat(users.describe())
        .containsExactly(
            "user alice on sanitize-payload resetchannels -@all +get",
            "user default on nopass sanitize-payload ~* resetchannels +@all");
    assertThatThrownBy(() -> define(List.of(List.of("bob"), List.of("bob"))))
        .hasMessageStartingWith("Duplicate user found.");
    assertThatThrownBy(() -> define(List.of(List.of("bob", "+zz"))))
        .hasMessage("Error in user declaration '+zz': Unknown command or category name in ACL");
    assertThat(users.named(ByteString.of("bob"))).isNull();
  }

  private void define(List<List<String>> lines) {
    users.define(
        lines,
        (_, reason) -> {
          throw new IllegalArgumentException(reason);
        });
  }

  @Test
  void loadsAllUsersOfAnAclFileOrNone() {
    User bob = user("on", "+get");
    assertThatThrownBy(
            () -> users.load("users.acl", List.of("user alice on", "bogus", "user x +zz")))
        .hasMessage(
            "users.acl:2 should start with user keyword followed by the username."
                + " users.acl:3: Unknown command or category name in ACL. WARNING: ACL errors"
                + " detected, no change to the previously active ACL rules was performed");
    assertThat(users.named(ByteString.of("bob"))).isSameAs(bob);
    List<User> gone = users.load("users.acl", List.of("# comment", "", "user alice on (~x +get)"));
    assertThat(gone).containsExactly(bob);
    assertThat(users.describe())
        .containsExactly(
            "user alice on sanitize-payload resetchannels -@all (~x resetchannels -@all +get)",
            "user default on nopass sanitize-payload ~* &* +@all");
    assertThat(users.remove(ByteString.of("default"))).isFalse();
    assertThat(users.remove(ByteString.of("alice"))).isTrue();
  }

  @Test
  void theLogGroupsEqualDenialsWithinAMinute() {
    var log = new AclLog(() -> 2);
    ByteString get = ByteString.of("get");
    ByteString set = ByteString.of("set");
    ByteString bob = ByteString.of("bob");
    log.add(Denial.COMMAND, "toplevel", get, bob, "first", 1_000);
    log.add(Denial.COMMAND, "toplevel", set, bob, "", 2_000);
    log.add(Denial.COMMAND, "toplevel", get, bob, "second", 3_000);
    AclLog.Entry newest = log.entries().iterator().next();
    assertThat(newest.object()).isEqualTo(get);
    assertThat(newest.count()).isEqualTo(2);
    assertThat(newest.clientInfo()).isEqualTo("second");
    log.add(Denial.COMMAND, "toplevel", get, bob, "third", 70_000);
    assertThat(log.entries().iterator().next().count()).isEqualTo(1);
    assertThat(log.size()).isEqualTo(2);
    assertThat(log.total(Denial.COMMAND)).isEqualTo(4);
    log.clear();
    assertThat(log.size()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"~a%sb", "%%R~a%sb", "&a%sb", "+select|a%sb"})
  void refusesWhiteSpaceThatSeparatesRulesInFiles(String rule) {
    for (char separator : " \t\n\u000b\f\r\0".toCharArray()) {
      assertThatThrownBy(() -> user(String.format(Locale.ROOT, rule, separator)))
          .as("character %d", (int) separator)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageEndingWith("Syntax error");
    }
  }

  @Test
  void comparesFirstArgumentsByBytes() {
    User user = user("+select|\u3131", "+select|\u00e9", "~*");
    assertThat(check(user, "select", "1")).isEqualTo(Denial.COMMAND);
    assertThat(check(user, "select", "\u3131")).isNull();
    assertThat(check(user, "select", "\u00e9")).isNull();
    Request latin = Request.of("select".getBytes(US_ASCII), new byte[] {(byte) 0xe9});
    Command<?> select = table.find(latin);
    assertThat(select).isNotNull();
    assertThat(user.check(select, latin, 0)).isEqualTo(Denial.COMMAND);
  }

  @Test
  void namesEndAtWhiteSpaceOfFilesOnly() {
    assertThat(Users.isValidName(ByteString.of("a\u000bb"))).isFalse();
    assertThat(Users.isValidName(ByteString.of("a\0b"))).isFalse();
    assertThat(Users.isValidName(ByteString.of("a\u001c\u2003"))).isTrue();
    users.load("f", List.of("  user a\u2003 on ~b\u2003\t"));
    assertThat(users.named(ByteString.of("a\u2003"))).isNotNull();
    assertThat(users.describe()).anyMatch(line -> line.contains("~b\u2003 "));
  }
}
