package io.redoubt.server.assembly;

import io.redoubt.protocol.acl.AclFile;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.acl.UsersFile;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.config.CommonDirectives.PubsubDefault;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.Mistakes;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.execution.Call;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The users that the configuration or its aclfile defines, and how they get back there. */
final class ConfiguredUsers {
  private static final String USERS_TWICE =
      "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path"
          + " is invalid. This setup is very likely to lead to configuration errors and security"
          + " holes, please define either an ACL file or declare users directly in your"
          + " redis.conf, but not both.";

  private final ServerDirectives settings;
  private final Users users;
  private final CommandTable<Call> table;

  ConfiguredUsers(ServerDirectives settings, Users users, CommandTable<Call> table) {
    this.settings = settings;
    this.users = users;
    this.table = table;
  }

  /**
   * Defines the users, and applies later changes of directives about users. The command table must
   * be complete.
   *
   * @param mistakes receives invalid rules, users defined in two places and an unreadable file
   */
  void define(Mistakes mistakes) throws FatalConfigError {
    takeChannelsOfNewUsers();
    settings.common.aclPubsubDefault.onChange(this::takeChannelsOfNewUsers);
    users.setRequiredPassword(settings.common.requirepass.value());
    settings.common.requirepass.onChange(
        () -> users.setRequiredPassword(settings.common.requirepass.value()));
    AclFile file = file();
    try {
      if (file == null) {
        users.define(
            settings.common.user.words(),
            (index, reason) -> mistakes.onMistake(settings.common.user.error(index, reason)));
      } else if (settings.common.user.words().isEmpty()) {
        users.load(file.path(), file.read());
      } else {
        mistakes.onMistake(settings.error(settings.common.aclfile, USERS_TWICE));
      }
    } catch (IOException e) {
      mistakes.onMistake(
          settings.error(
              settings.common.aclfile,
              "Error loading ACLs, opening file '"
                  + settings.common.aclfile.value()
                  + "': "
                  + SystemErrors.text(e)));
    } catch (IllegalArgumentException e) {
      mistakes.onMistake(settings.error(settings.common.aclfile, String.valueOf(e.getMessage())));
    }
    settings.common.user.rewrittenAs(this::lines);
  }

  private void takeChannelsOfNewUsers() {
    users.setAllChannelsByDefault(
        settings.common.aclPubsubDefault.value() == PubsubDefault.ALLCHANNELS);
  }

  /** The ACL file, or null if users are configured in the config file. */
  @Nullable AclFile file() {
    String name = settings.common.aclfile.value();
    return name.isEmpty() ? null : new UsersFile(settings.path(name));
  }

  /**
   * The users for CONFIG REWRITE. The default user is included only if requirepass can't express
   * it.
   */
  private List<List<String>> lines() {
    if (settings.common.aclfile.isSet()) {
      return List.of();
    }
    Users untouched = new Users(table);
    untouched.setRequiredPassword(settings.common.requirepass.value());
    return users.describe().stream()
        .filter(line -> !untouched.describe().contains(line))
        .map(Users::arguments)
        .toList();
  }
}
