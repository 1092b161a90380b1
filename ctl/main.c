// plenum: the command for operators and researchers. The table below is all there is; each entry is a file of ctl/.

#include "ctl/command.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command commands[] = {
    {"run", "start everything: coordinator, private PostgreSQL, workers, demonstration", command_run},
    {"migrate", "bring the database up to date", command_migrate},
    {"project", "create a project, or show those there are", command_project},
    {"import", "put items (with judgments and annotators where the source has them) into a project",
        command_import},
    {"embeddings", "have an endpoint make the embeddings of a study's responses", command_embeddings},
    {"erase", "erase a person, so that no backup opens what was theirs", command_erase},
    {"export", "make a dataset of a project and fetch it", command_export},
    {"fit", "fit a reward model to judgments, with or without a server", command_fit},
    {"model", "show the card of a model, or list a project's models", command_model},
    {"opinion", "opinion groups and consensus of a Polis conversation, without a server", command_opinion},
    {"rank", "rank candidates by Schulze's method, without a server", command_rank},
    {"score", "score candidates with a fitted model", command_score},
    {"constitution", "give a community its constitution, or show it", command_constitution},
    {"verify", "check the audit log and a receipt, offline", command_verify},
    {"token", "make and revoke scoped tokens", command_token},
    {"worker", "enrol, list and revoke workers", command_worker},
    {"simulate", "let simulated annotators with stated tastes judge a simulated project", command_simulate},
    {"demo", "load the demonstration study", command_demo},
    {0},
};

static void print_help(void)
{
    printf("usage: plenum COMMAND [--help] ...\n\n");
    for (const struct command *command = commands; command->name != NULL; command++)
        printf("  %-13s %s\n", command->name, command->help);
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help();
        return argc < 2 ? 2 : 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("plenum %s\n", PLENUM_VERSION);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (const struct command *command = commands; command->name != NULL; command++) {
        if (strcmp(argv[1], command->name) == 0)
            return command->run(argc - 1, argv + 1);
    }
    fprintf(stderr, "plenum: no command %s; see plenum --help\n", argv[1]);
    return 2;
}
