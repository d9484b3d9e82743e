@echo off
rem The credential helper of Docker for Windows: Node answers everything.
setlocal
set "node=%~dp0node.exe"
if not exist "%node%" set "node=node"
"%node%" "%~dp0pull.js" docker %*
exit /b %errorlevel%
