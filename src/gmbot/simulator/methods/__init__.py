"""The Bot API's methods, one file per family: functions of a Call, answering what JSON can hold."""
