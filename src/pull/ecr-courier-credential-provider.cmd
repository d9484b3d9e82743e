@echo off
rem The credential provider of the kubelet for Windows: Node answers everything.
setlocal
set "node=%~dp0node.exe"
if not exist "%node%" set "node=node"
"%node%" "%~dp0pull.js" kubelet %*
exit /b %errorlevel%
